fn main() -> std::process::ExitCode {
    latchkey::runtime::run::<me_mfa_email::MeMfaEmail>()
}
