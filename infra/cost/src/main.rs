fn main() -> std::process::ExitCode {
    cost::cli::run()
}
