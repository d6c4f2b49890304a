fn main() -> std::process::ExitCode {
    latchkey::runtime::run::<openapi::OpenApi>()
}
