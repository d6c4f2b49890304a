fn main() -> std::process::ExitCode {
    latchkey::runtime::run::<forgot_password::ForgotPassword>()
}
