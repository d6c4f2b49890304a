fn main() -> std::process::ExitCode {
    latchkey::runtime::run::<passkey::Passkey>()
}
