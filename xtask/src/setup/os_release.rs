//! Which distribution this is: os-release(5).

use std::fs;

/// The contents of an os-release file.
pub struct OsRelease(String);

impl OsRelease {
    /// This machine's; empty if it has none.
    pub fn read() -> OsRelease {
        OsRelease(fs::read_to_string("/etc/os-release").unwrap_or_default())
    }

    pub fn is_debian(&self) -> bool {
        self.field("ID") == "debian"
    }

    /// Debian or a distribution made of it, such as Ubuntu.
    pub fn is_like_debian(&self) -> bool {
        self.is_debian() || self.field("ID_LIKE").split_whitespace().any(|id| id == "debian")
    }

    fn field(&self, name: &str) -> &str {
        self.0
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
            .map_or("", |value| value.trim_matches(['"', '\'']))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_debian_and_its_children_from_others() {
        let debian = OsRelease(
            "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\nID=debian\n".into(),
        );
        assert!(debian.is_debian() && debian.is_like_debian());

        let ubuntu = OsRelease("ID=ubuntu\nID_LIKE=debian\n".into());
        assert!(!ubuntu.is_debian() && ubuntu.is_like_debian());

        let mint = OsRelease("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n".into());
        assert!(!mint.is_debian() && mint.is_like_debian());

        let fedora = OsRelease("ID=fedora\nVERSION_ID=43\n".into());
        assert!(!fedora.is_debian() && !fedora.is_like_debian());
        assert!(!OsRelease(String::new()).is_like_debian());
    }
}
