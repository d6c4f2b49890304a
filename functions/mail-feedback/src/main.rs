fn main() -> std::process::ExitCode {
    latchkey::runtime::run_worker(mail_feedback::NAME, |get, world| {
        mail_feedback::MailFeedback::start(get, world)
    })
}
