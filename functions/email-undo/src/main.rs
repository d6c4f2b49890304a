fn main() -> std::process::ExitCode {
    latchkey::runtime::run::<email_undo::EmailUndo>()
}
