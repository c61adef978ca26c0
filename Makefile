# `go test ./...` needs nothing but Go. The targets here do the rest.
.PHONY: test verify fuzz bench build

test:
	go test ./...

verify:
	test -z "$$(gofmt -l .)" || { gofmt -l .; echo "run gofmt -w on these files"; exit 1; }
	go vet ./...
	POLICYMAIL_VERIFY=1 go test -race -short -timeout 30m ./...
	POLICYMAIL_VERIFY=1 go test -timeout 30m -run 'TestChaos|TestScale|TestEveryOrder|TestTwelveMonths' ./infra/local ./shared/delivery
	$(MAKE) fuzz FUZZTIME=5000x

# Every fuzz target for a while (verify counts calls: a time that ends within a slow one
# fails the target); what one finds it keeps under testdata/fuzz, and go test
# tries it from then on.
FUZZTIME = 30s
fuzz:
	@grep -rl --include='*_test.go' '^func Fuzz' shared infra | xargs -n1 dirname | sort -u | while read -r folder; do \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z]*\).*/\1/p' $$folder/*_test.go); do \
			echo "$$folder $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x ./$$folder || exit 1; \
		done; \
	done

# The functions as they are deployed: static, without the SDK operations and symbols
# nobody uses (a third of the size).
build:
	CGO_ENABLED=0 GOFLAGS="-tags=lambda.norpc -ldflags=-s" sam build --config-file infra/samconfig.toml

bench: # a table of what things cost; DynamoDB Local included
	POLICYMAIL_VERIFY=1 go test -run '^$$' -bench . -timeout 30m ./infra/bench
