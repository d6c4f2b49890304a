fn main() -> std::process::ExitCode {
    latchkey::runtime::run_worker("mail-worker", |get| mail_worker::MailWorker::start_for_lambda(get))
}
