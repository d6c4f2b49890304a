fn main() -> std::process::ExitCode {
    latchkey::runtime::run_worker("mail-worker", |get, world| mail_worker::MailWorker::start(get, world))
}
