"""ministack, with the transforms of nested stacks applied as CloudFormation does; it applies the root's alone."""

from ministack.app import main
from ministack.services.cloudformation import engine, provisioners

deploy = provisioners._cfn_nested_stack_deploy


def deploy_transformed(logical_id, props, parent, **more):
    parse = engine._parse_template
    parameters = [{"Key": key, "Value": str(value)} for key, value in (props.get("Parameters") or {}).items()]
    plain = parse if parse.__name__ == "_parse_template" else parse.plain

    def transformed(body):
        return engine._apply_transforms(plain(body), parameters)

    transformed.plain = plain
    engine._parse_template = transformed
    try:
        return deploy(logical_id, props, parent, **more)
    finally:
        engine._parse_template = parse


provisioners._cfn_nested_stack_deploy = deploy_transformed
main()
