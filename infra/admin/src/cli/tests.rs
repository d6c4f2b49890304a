use serde_json::json;

use super::{arguments::setting, *};

#[test]
fn the_command_line_is_consistent() {
    Arguments::command().debug_assert();
}

#[test]
fn a_setting_is_json_or_else_a_text() {
    assert_eq!(setting("a.b=true").unwrap(), ("a.b".to_owned(), json!(true)));
    assert_eq!(setting("a=required").unwrap(), ("a".to_owned(), json!("required")));
    assert_eq!(setting("a=[\"x=y\"]").unwrap(), ("a".to_owned(), json!(["x=y"])));
    assert!(setting("a").is_err());
}

fn parsed(line: &str) -> Result<Arguments, clap::Error> {
    Arguments::try_parse_from(std::iter::once("admin").chain(line.split(' ')))
}

#[test]
fn takes_every_command() {
    for line in [
        "tenant create acme --name Acme --set mfa.policy=required --set tokens.access_minutes=5",
        "tenant show acme --json",
        "tenant list --env-file infra/local/lambda.env",
        "tenant set acme mfa.policy=off mail.locale=de",
        "tenant set acme captcha.provider=turnstile captcha.site_key=x captcha.secret=-",
        "--endpoint-url http://127.0.0.1:8000 tenant suspend acme",
        "tenant resume acme",
        "tenant settings",
        "user create acme a@b.test --first-name A --last-name B --password-stdin --verified",
        "user show acme a@b.test",
        "user list acme --most 5",
        "user suspend acme a@b.test",
        "user resume acme a@b.test",
        "user revoke-sessions acme a@b.test --json",
        "user import acme users.jsonl",
        "user import acme - --format keycloak --dry-run --resume --report refused.jsonl --missing-name ?",
        "user export acme --with-hashes --output users.jsonl --json",
        "user invite acme a@b.test --first-name A --last-name B",
        "user invite acme a@b.test --resend",
        "user withdraw acme a@b.test",
        "user delete acme a@b.test --json",
        "tenant revoke-all acme",
        "tenant delete acme --yes",
        "completions zsh",
        "client-token acme backend --minutes 5",
        "mail kinds --json",
        "mail preview acme code --locale fr --template - --to code.html --send a@b.test",
        "mail template set acme reset_password words.txt --locale it --json",
        "mail template set acme code",
        "mail template show acme code --locale de",
        "mail template list acme --json",
        "mail template clear acme code",
        "mailbox show a@b.test --json",
        "mailbox clear a@b.test",
        "key list acme --stage prod",
        "key rotate acme --now",
        "data-keys create --stage prod",
        "data-keys rotate --stage prod",
        "data-keys promote --stage prod",
        "data-keys rotate signing factors --stage prod",
        "data-keys reseal --env-file infra/local/lambda.env",
        "data-keys retire --stage prod --json",
        "restore-fence --stage prod",
        "restore-fence --tenant acme",
    ] {
        assert!(parsed(line).is_ok(), "{line}");
    }
}

#[test]
fn what_is_no_command_is_a_usage_error() {
    for line in [
        "tenant",
        "tenant create",
        "tenant set acme",
        "tenant set acme mfa.policy",
        "tenant create acme --set mfa.policy",
        "user create acme a@b.test",
        "user create acme a@b.test --first-name A --last-name B --password secret",
        "user show acme",
        "user import acme",
        "user invite acme a@b.test",
        "user invite acme a@b.test --first-name A --last-name B --resend",
        "completions cmd",
        "user import acme users.xml --format xml",
        "client-token acme",
        "client-token acme backend --minutes 0",
        "mail preview acme",
        "mail preview acme kode",
        "mail template set acme code --locale pt",
        "mail template list",
        "key rotate",
        "data-keys rotate mails --stage prod",
        "tenant list --stage Prod",
    ] {
        assert_eq!(parsed(line).err().map(|error| error.exit_code()), Some(2), "{line}");
    }
}

#[test]
fn a_client_token_lives_an_hour_unless_told() {
    let command = parsed("client-token acme backend").unwrap().command;
    assert!(matches!(command, Command::ClientToken { minutes: 60, .. }));
}

#[test]
fn a_password_loses_one_line_end_and_nothing_else() {
    for (text, password) in [("a b \n", "a b "), ("a\r\n", "a"), ("a\n\n", "a\n"), ("a\r", "a\r"), ("", "")] {
        assert_eq!(without_line_end(text), password, "{text:?}");
    }
}

#[test]
fn every_shell_completes_every_command() {
    for shell in <clap_complete::Shell as clap::ValueEnum>::value_variants() {
        let script = completions(*shell);
        assert!(script.contains("revoke-sessions") && script.contains("with-hashes"), "{shell}");
    }
}
