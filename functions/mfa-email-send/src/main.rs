fn main() -> std::process::ExitCode {
    latchkey::runtime::run::<mfa_email_send::MfaEmailSend>()
}
