//! The whole product on one machine. See `local::cli`.

#[tokio::main]
async fn main() -> std::process::ExitCode {
    local::cli::run().await
}
