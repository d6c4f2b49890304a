fn main() -> std::process::ExitCode {
    latchkey::runtime::run::<mfa_webauthn_begin::MfaWebauthnBegin>()
}
