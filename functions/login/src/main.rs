fn main() -> std::process::ExitCode {
    latchkey::runtime::run::<login::Login>()
}
