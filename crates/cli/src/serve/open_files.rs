//! Raises the open-file limit at the start, and derives the number of connections from it.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Files kept for tables, keys, logs and calls to others.
const KEPT: u64 = 128;
/// The most connections, even if more files are allowed.
const MOST: usize = 16_384;

/// Raises the soft limit to the hard one, and returns it.
pub(super) fn raise() -> u64 {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let before = limit.current;
        limit.current = limit.maximum;
        if let Err(error) = setrlimit(Resource::Nofile, limit) {
            tracing::debug!(%error, "the limit of open files stays as it is");
            limit.current = before;
        }
    }
    limit.current.unwrap_or(u64::MAX)
}

/// The number of connections for a number of files.
pub(super) fn connections(files: u64) -> usize {
    let left = files.saturating_sub(KEPT).max(files / 2).max(1);
    usize::try_from(left).unwrap_or(MOST).min(MOST)
}

#[cfg(test)]
mod tests {
    use super::connections;

    #[test]
    fn files_are_left_for_the_rest() {
        assert_eq!(connections(1024), 896);
        assert_eq!(connections(100), 50);
        assert_eq!(connections(1), 1);
        assert_eq!(connections(u64::MAX), 16_384);
    }
}
