fn main() -> std::process::ExitCode {
    latchkey::runtime::run::<me_mfa_backup_codes::MeMfaBackupCodes>()
}
