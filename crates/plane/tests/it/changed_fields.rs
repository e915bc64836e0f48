//! What an audit entry must show of the records that its operation changed.

use serde_json::Value;

/// Deletions whose entries show no field: what they delete has none that people know.
const WITHOUT_FIELDS: &[&str] = &["me_end", "me_end_all", "provisioning_discard"];

/// An update shows each field that it was to change, a deletion what was lost; a new record has its name alone.
pub(crate) fn shows_what_changed(operation: &str, method: &str, body: Option<&Value>, entry: &Value) {
    let changes = entry["changes"].as_array().cloned().unwrap_or_default();
    match method {
        "PUT" => {
            for field in body.and_then(Value::as_object).into_iter().flat_map(|body| body.keys()) {
                let field = field.strip_suffix("Ids").map_or_else(|| field.clone(), |list| format!("{list}s"));
                let within = format!("{field}.");
                let is_shown = |change: &Value| {
                    let name = change["field"].as_str().unwrap();
                    let values = ["before", "after", "added", "removed"];
                    (name == field || name.starts_with(&within)) && values.iter().any(|value| !change[*value].is_null())
                };
                assert!(changes.iter().any(is_shown), "{operation} does not show {field}: {entry:#}");
            }
        }
        "DELETE" if WITHOUT_FIELDS.contains(&operation) => {}
        "DELETE" => assert!(changes.iter().any(|change| !change["before"].is_null()), "{operation}: {entry:#}"),
        _ => {
            let names_all = changes.iter().all(|change| change["field"] != "name" || !change["record"].is_null());
            assert!(names_all && entry.to_string().len() < 2000, "{operation}: {entry:#}");
        }
    }
}
