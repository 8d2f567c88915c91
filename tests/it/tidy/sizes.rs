//! Files stay small enough to hold in the head. Function sizes are clippy's (`packaging/lints/clippy.toml`).

use super::source::{none_of, rust_files};

#[test]
fn no_file_is_longer_than_400_lines_without_its_tests_or_600_with_them() {
    let mut complaints = Vec::new();
    for file in rust_files("src").iter().chain(&rust_files("tests")) {
        let whole = file.text.lines().count();
        let bare = file.lines_without_tests().count();
        if (bare > 400 && !file.is_test) || whole > 600 {
            complaints.push(format!(
                "{}: {bare} lines without tests, {whole} with",
                file.path
            ));
        }
    }
    none_of(&complaints);
}

#[test]
fn main_and_lib_are_front_pages() {
    for (path, most) in [("src/main.rs", 50), ("src/lib.rs", 160)] {
        let lines = rust_files("src")
            .iter()
            .find(|file| file.path == path)
            .map(|file| file.text.lines().count());
        assert!(
            lines.is_some_and(|lines| lines <= most),
            "{path} has {lines:?} lines"
        );
    }
}
