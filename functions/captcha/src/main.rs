fn main() -> std::process::ExitCode {
    latchkey::runtime::run::<captcha::Captcha>()
}
