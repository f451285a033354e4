//! What the doctor said, and what a test expects of it.

use cloud_mirror_testkit::servers::s3::SECRET_KEY;

/// What the doctor said.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) code: i32,
    pub(crate) text: String,
    pub(crate) errors: String,
}

impl Told {
    /// What it said, in which nobody may ever see a secret.
    pub(crate) fn new(code: Option<i32>, text: String, errors: String) -> Self {
        let told = Self {
            code: code.unwrap(),
            text,
            errors,
        };
        told.shows_no_secret();
        told
    }

    /// Nothing is wrong, and it says so.
    pub(crate) fn all_is_well(&self) {
        assert_eq!(self.code, 0, "{self:?}");
        for word in ["FAULT", "\n?", "remedy"] {
            assert!(!self.text.contains(word), "{}", self.text);
        }
    }

    /// This is at fault, in these words, with a remedy in these; and it says so by its exit code.
    pub(crate) fn blames(&self, check: &str, what: &str, remedy: &str) -> &Self {
        assert_eq!(self.code, 1, "{self:?}");
        self.says("FAULT", check, what, remedy)
    }

    /// This could not be looked at, for this reason, and what would help.
    pub(crate) fn could_not_look_at(&self, check: &str, why: &str, remedy: &str) -> &Self {
        assert_eq!(self.code, 1, "{self:?}");
        self.says("?    ", check, why, remedy)
    }

    /// Everything else is well.
    pub(crate) fn and_nothing_else(&self) {
        let wrong = |line: &&str| line.starts_with("FAULT") || line.starts_with('?');
        let wrong = self.text.lines().filter(wrong).count();
        assert_eq!(wrong, 1, "{}", self.text);
    }

    pub(crate) fn finds_well(&self, check: &str) {
        let line = format!("ok     {check}: ");
        assert!(self.text.contains(&line), "{line:?} in {}", self.text);
    }

    fn says(&self, word: &str, check: &str, what: &str, remedy: &str) -> &Self {
        let begin = format!("{word}  {check}: ");
        let mut lines = self.text.lines();
        let line = lines.find(|line| line.starts_with(&begin));
        let line = line.unwrap_or_else(|| panic!("{begin:?} in {}", self.text));
        assert!(line.contains(what), "{what:?} in {line}");
        let below = lines.next().unwrap_or_default();
        assert!(below.starts_with("       remedy: "), "{below}");
        assert!(below.contains(remedy), "{remedy:?} in {below}");
        self
    }

    fn shows_no_secret(&self) {
        for told in [&self.text, &self.errors] {
            assert!(!told.contains(SECRET_KEY), "{told}");
            assert!(!told.contains("panicked"), "{told}");
        }
    }
}
