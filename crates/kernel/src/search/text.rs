//! The texts that search compares: records and what people type are folded by the same rules.

use icu_casemap::CaseMapper;
use unicode_normalization::UnicodeNormalization as _;
use uuid::Uuid;

use crate::{
    names::is_invisible,
    problem::{Problem, Result},
};

/// A text in the form that search compares: without case and accents, compatibility-decomposed, with single spaces.
pub fn folded(text: &str) -> String {
    if text.is_ascii() {
        return with_single_spaces(&text.to_ascii_lowercase());
    }
    let bare: String = text.nfkd().filter(|c| !is_accent(*c) && !is_invisible(*c)).collect();
    let caseless = CaseMapper::new().fold_string(&bare);
    let mut plain = String::with_capacity(caseless.len());
    for letter in caseless.nfkd().filter(|c| !is_accent(*c)) {
        match without_stroke(letter) {
            Some(letters) => plain.push_str(letters),
            None => plain.push(letter),
        }
    }
    with_single_spaces(&plain)
}

fn with_single_spaces(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Marks that people leave out when they type: accents, and the points of Hebrew and Arabic. Vowel signs of Indic scripts and
/// the voicing marks of Japanese make other letters, so they stay.
const fn is_accent(character: char) -> bool {
    matches!(
        character,
        '\u{300}'..='\u{36f}'
            | '\u{591}'..='\u{5c7}'
            | '\u{610}'..='\u{61a}'
            | '\u{64b}'..='\u{65f}'
            | '\u{670}'
            | '\u{1ab0}'..='\u{1aff}'
            | '\u{1dc0}'..='\u{1dff}'
            | '\u{20d0}'..='\u{20ff}'
            | '\u{fe20}'..='\u{fe2f}'
    )
}

/// Letters that Unicode does not decompose, though people type them without their stroke or as two letters.
const fn without_stroke(letter: char) -> Option<&'static str> {
    Some(match letter {
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ı' => "i",
        'ŧ' => "t",
        _ => return None,
    })
}

/// How well a record matches, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MatchRank {
    /// A text or an id is the query.
    Exact,
    /// A text or an id begins with it.
    Prefix,
    /// A word begins with it.
    Word,
    /// It is somewhere in a text.
    Part,
    /// Each of its words is somewhere in the record.
    Scattered,
}

/// What is searched for.
#[derive(Clone, Debug)]
pub struct SearchText {
    /// The whole query, folded.
    whole: String,
    /// Its words, the longest first: the first is looked for in the texts.
    words: Vec<String>,
    id: Option<IdPattern>,
}

/// The beginning of an id, or all of it.
#[derive(Clone, Copy, Debug)]
struct IdPattern {
    value: u128,
    mask: u128,
}

/// An id is looked for by at least so many digits.
const MIN_ID_DIGITS: usize = 8;

impl SearchText {
    /// `None`: nothing of the text can be searched for.
    pub fn new(text: &str) -> Option<Self> {
        let whole = folded(text);
        let mut words: Vec<String> = whole.split(' ').map(str::to_owned).collect();
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        words.dedup();
        let id = IdPattern::of(text);
        (!whole.is_empty() || id.is_some()).then_some(Self { whole, words, id })
    }

    /// Reads the parameter `q`.
    pub fn parse(text: &str) -> Result<Self> {
        let nothing = || Problem::field("/q", "something that can be searched for, such as a part of a name or an id");
        Self::new(text).ok_or_else(nothing)
    }

    /// Whether a record with this id and these texts matches.
    pub fn matches(&self, id: Uuid, texts: &[&str]) -> bool {
        let texts: Vec<String> = texts.iter().map(|text| folded(text)).collect();
        self.rank_id(id).is_some() || self.rank(&texts.join("\n")).is_some()
    }

    /// What every match has in one of its texts, unless the id matches.
    pub(super) fn longest_word(&self) -> &str {
        if self.words.len() == 1 { &self.whole } else { &self.words[0] }
    }

    /// How well the folded texts of a record match. They are separated by line feeds.
    pub(super) fn rank(&self, texts: &str) -> Option<MatchRank> {
        if let Some(rank) = self.rank_whole(texts) {
            return Some(rank);
        }
        let scattered = self.words.len() > 1 && self.words.iter().all(|word| texts.contains(word.as_str()));
        scattered.then_some(MatchRank::Scattered)
    }

    fn rank_whole(&self, texts: &str) -> Option<MatchRank> {
        if self.whole.is_empty() {
            return None;
        }
        let ranks = texts.match_indices(self.whole.as_str()).map(|(at, _)| {
            let before = texts[..at].chars().next_back();
            let after = texts[at + self.whole.len()..].chars().next();
            let ends = after.is_none_or(|c| c == '\n');
            match before {
                None | Some('\n') if ends => MatchRank::Exact,
                None | Some('\n') => MatchRank::Prefix,
                Some(c) if !c.is_alphanumeric() => MatchRank::Word,
                Some(_) => MatchRank::Part,
            }
        });
        ranks.min()
    }

    /// How well an id matches.
    pub(super) fn rank_id(&self, id: Uuid) -> Option<MatchRank> {
        let IdPattern { value, mask } = self.id?;
        let matches = id.as_u128() & mask == value;
        matches.then_some(if mask == u128::MAX { MatchRank::Exact } else { MatchRank::Prefix })
    }

    pub(super) const fn has_id(&self) -> bool {
        self.id.is_some()
    }

    /// Whether the query is one whole id: nothing else can match it.
    pub(super) fn is_whole_id(&self) -> bool {
        self.id.is_some_and(|id| id.mask == u128::MAX)
    }
}

impl IdPattern {
    /// Reads an id in either case, also in braces or as the last one of a pasted address; or its first digits.
    fn of(text: &str) -> Option<Self> {
        let runs = text.split(|c: char| !(c.is_ascii_hexdigit() || c == '-'));
        let last = runs.rev().filter(|run| run.len() == 36).find_map(|run| Uuid::try_parse(run).ok());
        if let Some(id) = last {
            return Some(Self { value: id.as_u128(), mask: u128::MAX });
        }
        let text = text.trim();
        let digits: String = text.chars().filter(|c| *c != '-').collect();
        let fits = (MIN_ID_DIGITS..=32).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_hexdigit());
        if !fits || !has_dashes_of_an_id(text) {
            return None;
        }
        let free = 4 * (32 - digits.len());
        let mask = u128::MAX << free;
        Some(Self { value: u128::from_str_radix(&digits, 16).ok()? << free, mask })
    }
}

/// Whether all dashes of a text are where the beginning of an id has them. It may have none.
fn has_dashes_of_an_id(text: &str) -> bool {
    text.match_indices('-').all(|(at, _)| matches!(at, 8 | 13 | 18 | 23))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_width_do_not_count() {
        for (one, other) in [
            ("Müller", "MULLER"),
            ("Straße", "strasse"),
            ("Ångström", "angstrom"),
            ("Łódź", "lodz"),
            ("Søren", "soren"),
            ("Đorđe", "djordje".replace("dj", "d").as_str()),
            ("İstanbul", "istanbul"),
            ("Ｆｉｎａｎｃｅ", "finance"),
            ("ﬁnance", "Finance"),
            ("Cafe\u{301}", "CAFÉ"),
            ("ὈΔΥΣΣΕΎΣ", "οδυσσευς"),
            ("  two   words ", "Two Words"),
            ("Æsop", "aesop"),
            ("שָׁלוֹם", "שלום"),
        ] {
            assert_eq!(folded(one), folded(other), "{one} {other}");
        }
        for (one, other) in [("が", "か"), ("कि", "का"), ("acme", "acne")] {
            assert_ne!(folded(one), folded(other), "{one} {other}");
        }
    }

    #[test]
    fn matches_are_ranked() {
        let rank = |query: &str, texts: &str| SearchText::new(query).unwrap().rank(texts);
        let grace = "\ngrace hopper\ngrace@acme.example";
        assert_eq!(rank("Grace Hopper", grace), Some(MatchRank::Exact));
        assert_eq!(rank("GRACE@acme.example", grace), Some(MatchRank::Exact));
        assert_eq!(rank("grace", grace), Some(MatchRank::Prefix));
        assert_eq!(rank("hop", grace), Some(MatchRank::Word));
        assert_eq!(rank("acme", grace), Some(MatchRank::Word));
        assert_eq!(rank("opper", grace), Some(MatchRank::Part));
        assert_eq!(rank("hopper grace", grace), Some(MatchRank::Scattered));
        assert_eq!(rank("hopper ada", grace), None);
        assert_eq!(rank("hopper grace@", grace), Some(MatchRank::Scattered), "no match spans two texts as one");
    }

    #[test]
    fn ids_are_found_in_every_form() {
        let id: Uuid = "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c01".parse().unwrap();
        let rank = |text: &str| SearchText::new(text).and_then(|query| query.rank_id(id));
        for whole in [
            "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c01",
            " 0192D3C4-5E6F-7A8B-9C0D-1E2F3A4B5C01 ",
            "{0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c01}",
            "0192d3c45e6f7a8b9c0d1e2f3a4b5c01",
            "https://f.example/accounts/a0000000-0000-0000-0000-000000000001/users/0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c01?x=1",
        ] {
            assert_eq!(rank(whole), Some(MatchRank::Exact), "{whole}");
        }
        assert_eq!(rank("0192d3c4"), Some(MatchRank::Prefix));
        assert_eq!(rank("0192d3c4-5e6f-7"), Some(MatchRank::Prefix));
        for none in ["0192d3c", "0192d3c5", "0192-d3c45e6f", "0192d3c4-5e6g", "facade"] {
            assert_eq!(rank(none), None, "{none}");
        }
    }

    #[test]
    fn nothing_that_shows_is_no_query() {
        assert!(SearchText::new(" \u{200b}\u{301} ").is_none());
        assert!(SearchText::new("a").is_some());
    }

    proptest::proptest! {
        #[test]
        fn folding_is_stable(text in ".{0,40}") {
            let once = folded(&text);
            proptest::prop_assert_eq!(folded(&once), once.clone());
            proptest::prop_assert!(!once.contains('\n'));
        }
    }
}
