fn main() -> std::process::ExitCode {
    latchkey::runtime::run::<me_devices::MeDevices>()
}
