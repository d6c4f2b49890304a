fn main() -> std::process::ExitCode {
    latchkey::runtime::run::<verify_email::VerifyEmail>()
}
