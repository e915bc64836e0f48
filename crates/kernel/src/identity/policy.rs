//! Judges new passwords: long, mixed, and none of those that are tried first.

use std::{collections::HashSet, sync::LazyLock};

use unicode_normalization::UnicodeNormalization;

use super::opaque::normalized;
use crate::ports::identity::{Email, WeakPassword};

const SHORTEST: usize = 12;
const LONGEST: usize = 256;
const FEWEST_DIFFERENT: usize = 5;
/// Shorter parts of an address are in many good passwords.
const SHORTEST_PART: usize = 4;

/// What a password may be: at least 12 characters and Cognito's four kinds of them, whichever is stricter.
pub fn judge(password: &str, email: Option<&Email>) -> Result<(), WeakPassword> {
    // Bytes first, so that nothing long is walked through.
    if password.len() > LONGEST * 4 || password.chars().count() > LONGEST {
        return Err(WeakPassword::TooLong);
    }
    let Some(normalized) = normalized(password) else { return Err(WeakPassword::Disallowed) };
    let password = normalized.as_str();
    if password.chars().count() < SHORTEST {
        return Err(WeakPassword::TooShort);
    }
    let has = |kind: fn(char) -> bool| password.chars().any(kind);
    let symbol = |c: char| !c.is_alphanumeric() && !c.is_control();
    if !(has(char::is_lowercase) && has(char::is_uppercase) && has(|c| c.is_ascii_digit()) && has(symbol)) {
        return Err(WeakPassword::TooPlain);
    }
    let folded = fold(password);
    if is_common(&folded) {
        return Err(WeakPassword::Common);
    }
    if is_personal(&folded, email) {
        return Err(WeakPassword::Personal);
    }
    Ok(())
}

/// One form for full-width, upper-case and accented spellings.
fn fold(password: &str) -> String {
    password.nfkd().filter(|c| !unicode_normalization::char::is_combining_mark(*c)).collect::<String>().to_lowercase()
}

fn is_common(folded: &str) -> bool {
    let mut different: Vec<char> = folded.chars().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < FEWEST_DIFFERENT {
        return true;
    }
    // "adminuser@123" is "adminuser" with a tail, "p@ssw0rd" is "password" in disguise, and "@dmin" begins in one.
    let padding = |c: char| !c.is_alphabetic();
    let cores =
        [folded, folded.trim_start_matches(padding), folded.trim_end_matches(padding), folded.trim_matches(padding)];
    cores.iter().any(|core| {
        let disguised = core.chars().map(undisguise).filter(|c| c.is_alphabetic());
        let plain = core.chars().filter(|c| c.is_alphabetic());
        is_words(&disguised.collect::<String>()) || is_words(&plain.collect::<String>())
    })
}

/// Nothing at all, one common word, or two in a row.
fn is_words(letters: &str) -> bool {
    static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| COMMON.split_ascii_whitespace().collect());
    let common = |word: &str| word.is_empty() || WORDS.contains(word);
    (0..=letters.len())
        .any(|cut| letters.split_at_checked(cut).is_some_and(|(first, second)| common(first) && common(second)))
}

const fn undisguise(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' | '|' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' | '+' => 't',
        '8' => 'b',
        '9' => 'g',
        other => other,
    }
}

/// Whether it contains the product's name, or a part of the address that is long enough to be told from chance, also with
/// digits for letters and signs between them.
fn is_personal(folded: &str, email: Option<&Email>) -> bool {
    let undisguised = |text: &str| text.chars().map(undisguise).filter(|c| c.is_alphanumeric()).collect::<String>();
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let (plain, spelled) = (undisguised(folded), letters(folded));
    let address = email.map(|email| fold(email.as_str())).unwrap_or_default();
    let (local, domain) = address.rsplit_once('@').unwrap_or_default();
    // The last label is that of a country, or of everybody.
    let labels = domain.rsplit('.').skip(1);
    ["freehold", local]
        .into_iter()
        .chain(labels)
        .filter(|word| letters(word).chars().count() >= SHORTEST_PART)
        .any(|word| spelled.contains(&letters(word)) || plain.contains(&undisguised(word)))
}

/// Words that lists of leaked passwords start with, in lower-case letters alone: digits, symbols and disguises around
/// and in them do not help.
const COMMON: &str = "
    abc abcd abcde abcdef abcdefg abcdefgh abcdefghi abcdefghij abcdefghijkl qwe qwer qwert qwerty qwertyu qwertyui
    qwertyuiop qwertz qwertzuiop azerty azertyuiop asd asdf asdfg asdfgh asdfghj asdfghjk asdfghjkl zxc zxcv zxcvb
    zxcvbn zxcvbnm qaz qazwsx qazwsxedc wsx edc rfv qazxsw qweasd qweasdzxc asdzxc poiuytrewq lkjhgfdsa mnbvcxz yxcvbnm
    aaa aaaa aaaaaa xxx xxxx xxxxxx zzz zzzzzz
    pass passw passwd password passwords passwort passphrase passcode passpass mypassword mypass thepassword
    newpassword oldpassword nopassword yourpassword userpassword adminpassword rootpassword temppassword testpassword
    defaultpassword changeme changemenow changepassword changethis change letmein letmeinnow letme openup opensesame
    sesame secret secrets secretpassword topsecret supersecret mysecret private confidential default login logon signin
    welcome welcomes welcomeback welcometo hello helloworld hellohello hithere greetings goodbye
    admin admins adminadmin administrator administrador adminuser adminroot adminpass sysadmin superadmin
    superuser superman supervisor root rootroot toor user users username newuser testuser guest guests demo demos
    demodemo test tests testing tester testtest testme example sample temp temporary tempo trial manager operator
    service support helpdesk system systems server network cisco oracle mysql postgres windows microsoft google apple
    amazon facebook twitter linkedin youtube instagram samsung nokia android iphone internet computer laptop desktop
    keyboard monitor database backup office outlook excel cloud platform adminplatform console tenant account
    company corporate corporation business enterprise development developer production staging security secure
    access master masterkey masterpass boss chief owner public
    january february march april may june july august september october november december
    monday tuesday wednesday thursday friday saturday sunday spring summer autumn fall winter season weekend today
    tomorrow yesterday morning evening night holiday christmas easter newyear birthday vacation
    love iloveyou iloveu ilovegod loveme lovely lover loveyou lovelove ihateyou hate forever always friend friends
    friendship family mother father brother sister mommy daddy mama papa baby babygirl babyboy angel angels
    princess prince queen king kingdom princesa tequiero teamo amor amore mylove sweetheart sweety sweetie honey
    sugar cookie cookies candy chocolate cheese pizza banana orange cherry lemon peanut pepper ginger coffee
    butterfly flower flowers rainbow sunshine sunflower sunset moonlight star stars starlight sky heaven blessed
    jesus christ jesuschrist god godisgood faith grace hope peace freedom liberty trinity genesis matthew
    dragon dragons monkey monkeys tiger tigers lion lions eagle eagles falcon falcons bear bears panther panthers
    dolphin dolphins horse horses mustang bulldog bulldogs wolf wolves wildcat wildcats cowboy cowboys chicken kitty
    kitten hellokitty puppy doggy snoopy garfield tweety bunny rabbit turtle spider spiderman batman ironman
    wolverine pokemon pikachu naruto starwars starwar jedi skywalker yoda matrix gandalf frodo hobbit merlin phoenix
    shadow ghost ninja samurai warrior knight hunter killer soldier ranger rangers sniper pirate pirates viking
    football soccer baseball basketball hockey tennis golf cricket rugby boxing volleyball swimming skateboard
    arsenal chelsea liverpool manchester manutd barcelona realmadrid juventus milan benfica celtic lakers yankees
    steelers redsox redskins broncos packers raiders giants
    michael michelle jennifer jessica jordan joshua justin thomas robert charlie charles daniel andrew anthony ashley
    amanda nicole matthew matt george david william alexander alexandra patrick peter steven richard samantha
    stephanie victoria elizabeth hannah sophie maggie buster bailey harley ginger molly lucky rocky max sam jack
    ferrari porsche mercedes bmw audi toyota honda corvette camaro yamaha kawasaki suzuki ducati
    london paris berlin newyork texas florida california chicago boston dallas denver austin canada america
    american england ireland scotland france germany italy spain brasil brazil mexico india china japan australia
    metallica nirvana slipknot greenday eminem music guitar piano rockstar rocknroll beatles elvis dance dancer
    trustno trustnoone trustme whatever nothing something anything everything blahblah blink asshole fuckyou fuckoff
    bullshit cheater biteme playboy sexy single online gaming gamer player minecraft fortnite roblox xbox playstation
    nintendo mario zelda sonic tetris hacker hackme cracker mustang thunder lightning storm hurricane
    red blue green yellow purple black white silver gold golden diamond crystal platinum ruby pearl
    one two three four five six seven eight nine ten hundred thousand million first second
";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn verdict(password: &str) -> Result<(), WeakPassword> {
        judge(password, Some(&Email::parse("ada.lovelace@example.com").unwrap()))
    }

    #[test]
    fn good_passwords_pass() {
        for good in [
            "Correct-Horse-7-Battery",
            "tr0ub4dor&3 Quixotic",
            "Zürich liegt 408 m hoch.",
            "xK9#mPq2$vLw",
            "Walrus#Teapot#42",
            "Пароль не скажу 42!",
            &format!("Aa1!{}", "bcdefghi".repeat(31)),
        ] {
            assert_eq!(verdict(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert_eq!(verdict("xK9#mPq2$vL"), Err(WeakPassword::TooShort));
        assert_eq!(verdict("äÖ9#äÖq2$ö"), Err(WeakPassword::TooShort));
        assert_eq!(verdict(&format!("Aa1!x{}", "bcdefghi".repeat(32))), Err(WeakPassword::TooLong));
        assert_eq!(verdict(&"x".repeat(1_000_000)), Err(WeakPassword::TooLong));
    }

    #[test]
    fn each_kind_is_needed() {
        for plain in ["xk9#mpq2$vlw", "XK9#MPQ2$VLW", "xKz#mPqr$vLw", "xK9mmPq2tvLw"] {
            assert_eq!(verdict(plain), Err(WeakPassword::TooPlain), "{plain}");
        }
    }

    #[test]
    fn passwords_that_are_tried_first_are_refused_in_every_disguise() {
        for common in [
            "Adminuser@123",
            "ADMINUSER@123a".trim_end_matches('a'),
            "AdminUser@123",
            "aDMINUSER@123",
            "@dm1nUser@123",
            "Adminuser@1234567",
            "Password1234!",
            "P@ssw0rd12345",
            "p4$$W0RD!!!2024",
            "Welcome2025!!",
            "Qwertyuiop1!",
            "1qaz@WSX3edc",
            "Summer-2026-Summer",
            "ILoveYou1234!",
            "Aa1!Aa1!Aa1!Aa1!",
            "!!Letmein!!2026",
            "ChangeMe!2026",
            "PasswordPassword1!",
            "Ｐassword１２３４!",
            "Test1234!Test",
        ] {
            let verdict = verdict(common);
            let refused = verdict == Err(WeakPassword::Common) || verdict == Err(WeakPassword::TooPlain);
            assert!(refused, "{common}: {verdict:?}");
        }
    }

    #[test]
    fn the_owner_and_the_product_are_refused_as_parts() {
        assert_eq!(verdict("Xq7!Ada.Lovelace#9"), Err(WeakPassword::Personal));
        assert_eq!(verdict("Zk#9 Fr33hold zK"), Err(WeakPassword::Personal));
        for personal in [
            "F.r.e.e.h.o.l.d-77xQ",
            "a-d-a-l-o-v-e-l-a-c-e-40707A",
            "Ex4mple-77!xQ",
            "X ada lovel@ce 77",
            "3x@mpl3-77!xQzz",
        ] {
            assert_eq!(verdict(personal), Err(WeakPassword::Personal), "{personal}");
        }
        let short = Email::parse("al@example.com").unwrap();
        assert_eq!(judge("Signal#Walrus42", Some(&short)), Ok(()));
        assert_eq!(judge("Al@Example.Com9x7", Some(&short)), Err(WeakPassword::Personal));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_judge_stumble(text in "\\PC{0,300}") {
            let _ = verdict(&text);
        }
    }
}
