//! Conditions: which hold of a record, which do not.

use plane::ports::table::{Condition, Is, Write};
use serde_json::{Value, json};

use super::ground::{Ground, add, check, delete_when, put_when, record, with_body};

/// The record that conditions are judged against, at version 2.
fn body() -> Value {
    json!({ "n": 5, "m": 7, "same": 5, "f": 2.5, "s": "b", "t": "c", "empty": "", "yes": true, "no": false, "nil": null, "nil2": null,
        "list": [1], "map": { "a": 1 }, "large": i64::MAX, "low": -3 })
}

/// Writes `name: condition => holds` as cases.
macro_rules! judged {
    ($($name:ident: $condition:expr => $holds:literal;)*) => {
        fn judged() -> Vec<super::Case> {
            vec![$(super::Case {
                name: concat!("condition::", stringify!($name)),
                run: |tables| Box::pin(async move { judge(Ground::new(tables).await, $condition, $holds).await }),
            }),*]
        }
    };
}

/// Every kind of write obeys the condition alike.
async fn judge(t: Ground, condition: Condition, holds: bool) {
    for sk in ["check", "put", "add", "delete"] {
        t.put(record("p", sk)).await;
        t.put(with_body("p", sk, &body())).await;
        let when = condition.clone();
        let write = match sk {
            "check" => check("p", sk, when),
            "put" => put_when(record("p", sk), when),
            "add" => Write::Add { key: plane::ports::table::Key::new("p", sk), field: "n", by: 1, when },
            _ => delete_when("p", sk, when),
        };
        let before = t.get("p", sk).await;
        if holds {
            t.commit(vec![write]).await;
            let after = t.version("p", sk).await;
            let expected = match sk {
                "check" => Some(2),
                "delete" => None,
                _ => Some(3),
            };
            assert_eq!(after, expected, "{sk}");
        } else {
            assert_eq!(t.refused(vec![write]).await, (0, before.clone()), "{sk}");
            assert_eq!(t.get("p", sk).await, before, "{sk}");
        }
    }
}

fn is(name: &'static str, is: Is, value: impl Into<Value>) -> Condition {
    Condition::field(name, is, value)
}

judged! {
    always: Condition::Always => true;
    absent_of_a_record: Condition::Absent => false;
    present_of_a_record: Condition::Present => true;
    version_as_found: Condition::Version(2) => true;
    version_older: Condition::Version(1) => false;
    version_newer: Condition::Version(3) => false;
    version_zero: Condition::Version(0) => false;
    number_equal: is("n", Is::Equal, 5) => true;
    number_equal_fails: is("n", Is::Equal, 6) => false;
    number_not_equal: is("n", Is::NotEqual, 6) => true;
    number_not_equal_fails: is("n", Is::NotEqual, 5) => false;
    number_less: is("n", Is::Less, 6) => true;
    number_less_fails_when_equal: is("n", Is::Less, 5) => false;
    number_less_or_equal: is("n", Is::LessOrEqual, 5) => true;
    number_less_or_equal_fails: is("n", Is::LessOrEqual, 4) => false;
    number_greater: is("n", Is::Greater, 4) => true;
    number_greater_fails_when_equal: is("n", Is::Greater, 5) => false;
    number_greater_or_equal: is("n", Is::GreaterOrEqual, 5) => true;
    number_greater_or_equal_fails: is("n", Is::GreaterOrEqual, 6) => false;
    number_negative: is("low", Is::Less, 0) => true;
    number_by_value_not_by_text: is("n", Is::Less, 10) => true;
    number_fraction: is("f", Is::Greater, 2) => true;
    number_fraction_equal: is("f", Is::Equal, 2.5) => true;
    number_against_fraction: is("n", Is::Less, 5.5) => true;
    number_large_exact: is("large", Is::Equal, i64::MAX) => true;
    number_large_differs_by_one: is("large", Is::Equal, i64::MAX - 1) => false;
    number_large_greater_by_one: is("large", Is::Greater, i64::MAX - 1) => true;
    text_equal: is("s", Is::Equal, "b") => true;
    text_equal_fails: is("s", Is::Equal, "B") => false;
    text_not_equal: is("s", Is::NotEqual, "c") => true;
    text_less: is("s", Is::Less, "ba") => true;
    text_less_or_equal: is("s", Is::LessOrEqual, "b") => true;
    text_greater: is("s", Is::Greater, "a\u{10ffff}") => true;
    text_greater_by_bytes: is("s", Is::Greater, "Z") => true;
    text_greater_or_equal_fails: is("s", Is::GreaterOrEqual, "ä") => false;
    text_empty_equal: is("empty", Is::Equal, "") => true;
    text_empty_less: is("empty", Is::Less, "a") => true;
    bool_equal: is("yes", Is::Equal, true) => true;
    bool_equal_fails: is("yes", Is::Equal, false) => false;
    bool_not_equal: is("no", Is::NotEqual, true) => true;
    bool_knows_no_order: is("no", Is::Less, true) => false;
    bool_knows_no_order_even_equal: is("yes", Is::LessOrEqual, true) => false;
    null_equal: is("nil", Is::Equal, Value::Null) => true;
    null_not_equal_fails: is("nil", Is::NotEqual, Value::Null) => false;
    null_knows_no_order: is("nil", Is::GreaterOrEqual, Value::Null) => false;
    null_is_not_a_missing_field: is("gone", Is::Equal, Value::Null) => false;
    types_differ_equal: is("n", Is::Equal, "5") => false;
    types_differ_not_equal: is("n", Is::NotEqual, "5") => false;
    types_differ_less: is("s", Is::Less, 5) => false;
    types_differ_null: is("n", Is::NotEqual, Value::Null) => false;
    types_differ_bool_and_number: is("yes", Is::Equal, 1) => false;
    missing_field_equal: is("gone", Is::Equal, 5) => false;
    missing_field_not_equal: is("gone", Is::NotEqual, 5) => false;
    missing_field_less: is("gone", Is::Less, 5) => false;
    nested_names_are_not_paths: is("map.a", Is::Equal, 1) => false;
    fields_equal: Condition::fields("n", Is::Equal, "same") => true;
    fields_less: Condition::fields("n", Is::Less, "m") => true;
    fields_less_fails: Condition::fields("m", Is::Less, "n") => false;
    fields_text: Condition::fields("s", Is::Less, "t") => true;
    fields_null: Condition::fields("nil", Is::Equal, "nil2") => true;
    fields_types_differ: Condition::fields("n", Is::NotEqual, "s") => false;
    fields_left_missing: Condition::fields("gone", Is::NotEqual, "n") => false;
    fields_right_missing: Condition::fields("n", Is::NotEqual, "gone") => false;
    fields_both_missing: Condition::fields("gone", Is::Equal, "gone") => false;
    all_of_none: Condition::All(vec![]) => true;
    all_hold: Condition::All(vec![Condition::Present, is("n", Is::Equal, 5), Condition::Version(2)]) => true;
    all_but_the_last: Condition::All(vec![Condition::Present, is("n", Is::Equal, 6)]) => false;
    all_but_the_first: Condition::All(vec![Condition::Absent, is("n", Is::Equal, 5)]) => false;
    all_nested: Condition::All(vec![
        Condition::All(vec![Condition::All(vec![Condition::Present]), is("s", Is::Equal, "b")]),
        Condition::All(vec![]),
    ]) => true;
    all_nested_fails_deep: Condition::All(vec![Condition::All(vec![Condition::All(vec![Condition::Version(9)])])]) => false;
}

mod on_absent {
    use super::{Condition, Is, Value, add, check, delete_when, is, put_when, record};
    use crate::conformance::table::suite;

    suite! { "condition_on_absent";
        absent_holds(t) {
            t.commit(vec![put_when(record("p", "s"), Condition::Absent)]).await;
            assert_eq!(t.version("p", "s").await, Some(1));
        }
        absent_holds_for_a_check(t) {
            t.commit(vec![check("p", "s", Condition::Absent)]).await;
            assert_eq!(t.get("p", "s").await, None);
        }
        absent_holds_for_a_delete(t) {
            t.commit(vec![delete_when("p", "s", Condition::Absent)]).await;
        }
        present_fails(t) {
            assert_eq!(t.refused(vec![put_when(record("p", "s"), Condition::Present)]).await, (0, None));
            assert_eq!(t.get("p", "s").await, None);
        }
        present_fails_for_a_delete(t) {
            assert_eq!(t.refused(vec![delete_when("p", "s", Condition::Present)]).await, (0, None));
        }
        version_zero_fails(t) {
            assert_eq!(t.refused(vec![check("p", "s", Condition::Version(0))]).await, (0, None));
        }
        field_equal_fails(t) {
            assert_eq!(t.refused(vec![check("p", "s", is("n", Is::Equal, 1))]).await, (0, None));
        }
        field_not_equal_fails(t) {
            assert_eq!(t.refused(vec![check("p", "s", is("n", Is::NotEqual, 1))]).await, (0, None));
        }
        field_null_fails(t) {
            assert_eq!(t.refused(vec![check("p", "s", is("n", Is::Equal, Value::Null))]).await, (0, None));
        }
        fields_fail(t) {
            assert_eq!(t.refused(vec![check("p", "s", Condition::fields("n", Is::Equal, "n"))]).await, (0, None));
        }
        all_of_none_holds(t) {
            t.commit(vec![check("p", "s", Condition::All(vec![]))]).await;
        }
        add_fails(t) {
            assert_eq!(t.refused(vec![add("p", "s", "n", 1)]).await, (0, None));
            assert_eq!(t.get("p", "s").await, None);
        }
    }
}

pub(super) fn cases() -> Vec<super::Case> {
    [judged(), on_absent::cases()].concat()
}
