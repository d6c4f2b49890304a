fn main() -> std::process::ExitCode {
    latchkey::runtime::run::<logout::Logout>()
}
