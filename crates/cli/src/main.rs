//! The binary `freehold`.

/// Glibc's allocator took a sixth to a quarter of a request's time. Without huge pages (`no_thp`), which would add a half
/// to what an idle server holds.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::main()
}
