fn main() -> std::process::ExitCode {
    latchkey::runtime::run::<me_email::MeEmail>()
}
