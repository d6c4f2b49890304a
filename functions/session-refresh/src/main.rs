fn main() -> std::process::ExitCode {
    latchkey::runtime::run::<session_refresh::SessionRefresh>()
}
