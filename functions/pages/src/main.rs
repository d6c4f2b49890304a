fn main() -> std::process::ExitCode {
    latchkey::runtime::run::<pages::Pages>()
}
