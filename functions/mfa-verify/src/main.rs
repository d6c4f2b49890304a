fn main() -> std::process::ExitCode {
    latchkey::runtime::run::<mfa_verify::MfaVerify>()
}
