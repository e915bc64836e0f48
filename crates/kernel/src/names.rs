//! When two names are the same, which names sound like authority, and which characters a name can't have.
//!
//! The rules are those of published profiles, with the Unicode data of kept libraries: comparison is that of nicknames in
//! PRECIS (RFC 8266) with full case folding, over the skeletons of UTS 39; joiners are where RFC 5892 (CONTEXTJ) and joined
//! emoji have them.

use icu_casemap::CaseMapper;
use icu_properties::props::{BinaryProperty as _, DefaultIgnorableCodePoint, EmojiModifier, ExtendedPictographic};
use unicode_normalization::{
    UnicodeNormalization as _,
    char::{canonical_combining_class, is_combining_mark},
};

/// Characters that show as white space, though Unicode does not list them as such: blanks of Braille, of musical notes and of
/// hieroglyphs.
const BLANKS: &[char] = &['\u{2800}', '\u{1d159}', '\u{13441}', '\u{13442}'];
/// The zero-width non-joiner and the zero-width joiner.
const JOINERS: [char; 2] = ['\u{200c}', '\u{200d}'];
/// The canonical combining class of a virama.
const VIRAMA: u8 = 9;
/// Comparison repeats its steps until nothing changes: at most so often. RFC 8264 asks for three.
const MAX_ROUNDS: usize = 4;

/// Whether a text has characters, and none of them shows anything.
pub fn shows_nothing(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_whitespace() || BLANKS.contains(&c) || is_invisible(c))
}

/// The forms in which names are unique: two names that share one are the same name, or look the same. The first is the name without
/// case; the second, where it is another, is the look of its capitals.
///
/// ASCII characters represent themselves. By UTS 39 `Corner` and `Comer`, or `Team 1` and `Team l`, look the same; people name
/// groups so.
pub fn unique_forms(name: &str) -> Vec<String> {
    let shown: String = shown(name).nfkc().collect();
    let caseless = stable(&CaseMapper::new().fold_string(&shown));
    let by_look = stable(&shown);
    let is_other = by_look != caseless;
    [caseless].into_iter().chain(is_other.then_some(by_look)).collect()
}

/// The characters that show, with blanks as spaces.
fn shown(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(|c| !is_invisible(*c)).map(|c| if BLANKS.contains(&c) { ' ' } else { c })
}

/// The skeleton of UTS 39, in which ASCII characters represent themselves.
fn skeleton(text: &str) -> String {
    let mut skeleton = String::with_capacity(text.len());
    for c in text.nfd() {
        if c.is_ascii() {
            skeleton.push(c);
        } else {
            skeleton.extend(unicode_security::skeleton(c.encode_utf8(&mut [0; 4])));
        }
    }
    skeleton
}

/// The look of a text without case and with single spaces, after as many rounds as change it.
fn stable(text: &str) -> String {
    let mut form = text.to_owned();
    for _ in 0..MAX_ROUNDS {
        let folded: String = CaseMapper::new().fold_string(&skeleton(&form)).nfkc().collect();
        let next = folded.split_whitespace().collect::<Vec<_>>().join(" ");
        if next == form {
            break;
        }
        form = next;
    }
    form
}

/// Names that sound like authority, which no tenant may give to a role or group.
pub fn is_reserved(name: &str) -> bool {
    const RESERVED: &[&str] = &[
        "admin",
        "administrator",
        "superadmin",
        "platformadmin",
        "platformadministrator",
        "superuser",
        "root",
        "system",
        "owner",
        "operator",
        "sysadmin",
        "god",
        "freehold",
        "platform",
        "globaladmin",
    ];
    let words: Vec<String> = RESERVED.iter().map(|word| authority_form(word)).collect();
    let beginnings = [authority_form("platform"), authority_form("superadmin")];
    let sounds_so = |bare: String| words.contains(&bare) || beginnings.iter().any(|word| bare.starts_with(word));
    unique_forms(name).iter().map(|form| authority_form(form)).any(sounds_so)
}

/// A form of a name in letters and digits without marks. Digits that are written for letters are those letters.
fn authority_form(form: &str) -> String {
    let skeleton: String = unicode_security::skeleton(form).collect();
    let folded = CaseMapper::new().fold_string(&skeleton);
    let letters = folded.nfd().filter(|c| c.is_alphanumeric() && !is_combining_mark(*c));
    let plain = letters.map(|c| match c {
        '0' => 'o',
        '1' | 'i' => 'l',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        other => other,
    });
    plain.collect()
}

/// Where the first joiner is that joins nothing and keeps nothing apart.
pub(crate) fn stray_joiner(text: &str) -> Option<usize> {
    let characters: Vec<char> = text.chars().collect();
    let joins = |at: usize| joins(characters[at], &characters[..at], &characters[at + 1..]);
    (0..characters.len()).find(|at| JOINERS.contains(&characters[*at]) && !joins(*at))
}

/// Whether a joiner is used between these characters: after a virama, between letters or their marks of a script that joins, or
/// between emoji.
fn joins(joiner: char, before: &[char], after: &[char]) -> bool {
    let Some(previous) = before.last() else { return false };
    let is_emoji = |c: &char| ExtendedPictographic::for_char(*c);
    let emoji = before.iter().rev().find(|c| **c != '\u{fe0f}' && !EmojiModifier::for_char(**c));
    canonical_combining_class(*previous) == VIRAMA
        || is_joinable(*previous) && after.first().is_some_and(|c| is_joinable(*c))
        || joiner == '\u{200d}' && emoji.is_some_and(is_emoji) && after.first().is_some_and(is_emoji)
}

/// A letter, or a mark on one. In Latin, Greek and Cyrillic nothing joins, so that a joiner would only hide there.
fn is_joinable(character: char) -> bool {
    (character.is_alphabetic() || is_combining_mark(character)) && character >= '\u{590}'
}

/// Whether a character shows nothing and takes no space.
pub(crate) fn is_invisible(character: char) -> bool {
    DefaultIgnorableCodePoint::for_char(character)
}

/// A character that can't be shown, for a message: its code point and what it is.
pub(crate) fn described(character: char) -> String {
    let what = match character {
        '\t' => "tab",
        '\n' | '\r' => "line break",
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => "control character",
        '\u{ad}' => "soft hyphen",
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            "text direction mark"
        }
        '\u{200b}' => "zero-width space",
        '\u{200c}' => "zero-width non-joiner",
        '\u{200d}' => "zero-width joiner",
        '\u{2028}' => "line separator",
        '\u{2029}' => "paragraph separator",
        '\u{2060}' => "word joiner",
        '\u{feff}' => "byte order mark",
        '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' => "private-use character",
        '\u{e0000}'..='\u{e007f}' => "tag character",
        _ => "formatting character",
    };
    format!("U+{:04X} ({what})", u32::from(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share_a_form(one: &str, other: &str) -> bool {
        let others = unique_forms(other);
        unique_forms(one).iter().any(|form| others.contains(form))
    }

    #[test]
    fn names_that_are_or_look_the_same_have_one_form() {
        for (one, other) in [
            ("ACME  Holding", "acme holding"),
            ("Ａcme\u{a0}Holding", "acme holding"),
            ("Straße", "STRASSE"),
            ("ὈΔΥΣΣΕΎΣ", "ὀδυσσεύς"),
            ("Ｆｉｎａｎｃｅ", "ﬁnance"),
            ("Cafe\u{301}", "CAFÉ"),
            ("نور\u{200c}الدین", "نورالدین"),
            ("👩\u{200d}💻", "👩💻"),
            ("Northwind\u{fe0f}", "Northwind"),
            ("Northwind\u{3164}", "Northwind"),
            ("North\u{1160}\u{34f}\u{ffa0}wind", "Northwind"),
            ("North\u{2800}wind", "North wind"),
            ("Асmе", "acme"),
            ("Νorthwind", "northwind"),
            ("МОСКВА", "Москва"),
            ("ΝΙΚΗ", "νικη"),
            ("葛\u{e0100}西", "葛西"),
        ] {
            assert!(share_a_form(one, other), "{one:?} {other:?}");
        }
    }

    #[test]
    fn other_names_have_another_form() {
        for (one, other) in
            [("acme", "acme2"), ("Corner", "Comer"), ("Team 1", "Team l"), ("Team O", "Team 0"), ("Bär", "Bar")]
        {
            assert!(!share_a_form(one, other), "{one:?} {other:?}");
        }
    }

    #[test]
    fn the_form_of_plain_names_is_that_of_earlier_versions() {
        for name in ["Acme & Co. 0815 (Il|m)", "Söhne", "Müller", "Café", "株式会社", "Iñtërnâtiônàl"] {
            assert_eq!(unique_forms(name), [crate::text::fold(name)], "{name}");
        }
    }

    #[test]
    fn the_forms_of_every_character_are_stable() {
        let unstable: Vec<String> = ('\0'..'\u{20000}')
            .chain('\u{2f800}'..'\u{30000}')
            .map(String::from)
            .filter(|c| {
                unique_forms(c).iter().any(|form| unique_forms(form) != [form.as_str()])
                    || !share_a_form(c, &c.to_uppercase())
            })
            .map(|c| format!("{c} {:?}", unique_forms(&c)))
            .collect();
        assert_eq!(unstable, Vec::<String>::new());
    }

    proptest::proptest! {
        #[test]
        fn the_form_without_case_is_stable(name in ".{0,40}") {
            let form = unique_forms(&name).swap_remove(0);
            proptest::prop_assert!(unique_forms(&form).contains(&form));
            proptest::prop_assert!(share_a_form(&name, &form));
            proptest::prop_assert!(share_a_form(&name, &name.to_uppercase()), "{:?}", name.to_uppercase());
        }
    }

    #[test]
    fn authority_is_recognised_in_any_form() {
        for name in [
            "admin",
            "Admin",
            "ADMIN ",
            "ａｄｍｉｎ",
            "super_admin",
            "Platform Admin",
            "аdmin",
            "r00t",
            "adm1n",
            "Super-Admin 2",
            "ádmin",
            "adm\u{1160}in",
            "pl\u{1160}atform admin",
            "pl\u{2800}atform",
            "rооt",
            "ѕystem",
            "𝐚𝐝𝐦𝐢𝐧",
            "adrnin",
            "οwner",
        ] {
            assert!(is_reserved(name), "{name:?}");
        }
        for name in ["Technical Role", "Administration", "Auditors", "Badminton", "Rooted", "Operators of Line 3"] {
            assert!(!is_reserved(name), "{name}");
        }
    }

    #[test]
    fn a_text_of_invisible_characters_shows_nothing() {
        for text in [
            " ",
            "\u{115f}",
            "\u{1160}",
            "\u{3164}",
            "\u{ffa0}",
            "\u{2800}",
            "\u{fe0f}",
            "\u{e0100}",
            "\u{34f}",
            "\u{e0041}",
            "\u{3164} \u{2800}",
            "\u{180b}",
            "\u{17b4}",
            "\u{1d159}",
        ] {
            assert!(shows_nothing(text), "{text:?}");
        }
        for text in ["", "a", "\u{3164}a", "❤\u{fe0f}", "한", "\u{301}"] {
            assert!(!shows_nothing(text), "{text:?}");
        }
    }

    #[test]
    fn joiners_are_where_they_belong() {
        for good in [
            "نور\u{200c}الدین",
            "علی\u{200c}رضا",
            "क्\u{200d}ष",
            "ශ්\u{200d}රී",
            "അവന്\u{200d}",
            "👩\u{200d}💻",
            "👩🏽\u{200d}💻",
            "🏳\u{fe0f}\u{200d}🌈",
            "👨\u{200d}👩\u{200d}👧",
        ] {
            assert_eq!(stray_joiner(good), None, "{good}");
        }
        for (bad, at) in [
            ("a\u{200c}b", 1),
            ("\u{200c}م", 0),
            ("م\u{200d}", 1),
            ("م\u{200c}\u{200c}م", 1),
            ("م \u{200c}م", 2),
            ("👩\u{200d}", 1),
            ("👩\u{200c}💻", 1),
            ("1\u{200d}👩", 1),
        ] {
            assert_eq!(stray_joiner(bad), Some(at), "{bad:?}");
        }
    }
}
