fn main() -> std::process::ExitCode {
    latchkey::runtime::run::<admin_audit::AdminAudit>()
}
