fn main() -> std::process::ExitCode {
    latchkey::runtime::run::<password_reset::PasswordReset>()
}
