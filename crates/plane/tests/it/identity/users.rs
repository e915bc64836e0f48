use super::*;

#[test]
fn an_email_has_one_spelling() {
    let email = |text: &str| Email::parse(text).map(|email| email.to_string());
    assert_eq!(email(" Ada.Lovelace@EXAMPLE.com\n").unwrap(), "ada.lovelace@example.com");
    assert_eq!(email("ﬁna@example.com").unwrap(), "fina@example.com");
    for wrong in [
        "",
        "@",
        "ada",
        "ada@",
        "@example.com",
        "ada@example",
        "ada@@example.com",
        "a b@example.com",
        "ada@example..com",
        "ada@example.com\u{0}",
        "<ada@example.com>",
        "ada@example.com,eve@example.com",
        &"a".repeat(2000),
        &format!("{}@example.com", "a".repeat(65)),
    ] {
        assert!(email(wrong).is_err(), "{wrong:?}");
    }
}
