fn main() -> std::process::ExitCode {
    latchkey::runtime::run::<register::Register>()
}
