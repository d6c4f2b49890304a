fn main() -> std::process::ExitCode {
    latchkey::runtime::run::<well_known::WellKnown>()
}
