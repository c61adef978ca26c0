# `go test ./...` needs nothing but Go. The targets here do the rest.
.PHONY: test verify bench

test:
	go test ./...

verify:
	test -z "$$(gofmt -l .)" || { gofmt -l .; echo "run gofmt -w on these files"; exit 1; }
	go vet ./...
	POLICYMAIL_VERIFY=1 go test -race -short ./...

bench: # a table of what things cost; DynamoDB Local included
	POLICYMAIL_VERIFY=1 go test -run '^$$' -bench . -timeout 30m ./infra/bench
