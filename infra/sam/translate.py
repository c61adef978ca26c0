"""Translates a SAM template into CloudFormation, as AWS does on deployment.

Usage: translate.py TEMPLATE > translated.json
Nothing is uploaded: each CodeUri becomes an S3 address that does not exist.
"""

import json
import sys

from samtranslator.parser.parser import Parser
from samtranslator.public.translator import ManagedPolicyLoader
from samtranslator.translator.translator import Translator
from samcli.yamlhelper import yaml_parse


class NoManagedPolicies(ManagedPolicyLoader):
    """The template names no managed policy; whatever SAM adds itself keeps its name."""

    def __init__(self):
        super().__init__(None)

    def load(self):
        return {}


def main(path):
    with open(path, encoding="utf-8") as f:
        template = yaml_parse(f.read())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
    translated = Translator(NoManagedPolicies().load(), Parser()).translate(template, {})
    json.dump(translated, sys.stdout, indent=2, sort_keys=True)


main(sys.argv[1])
