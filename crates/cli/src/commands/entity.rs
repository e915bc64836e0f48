//! The commands that every kind of record has: list, show, create, update, delete.

use std::{fs, io::Read as _, path::PathBuf};

use clap::{Args, Subcommand};
use plane::{ids::RecordId, json_syntax::complaint};
use serde_json::{Map, Value, json};

use super::Session;
use crate::{
    client::ApiRequest,
    fail::{Failure, Outcome},
    print,
};

/// A kind of record: where it is, and how a list shows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entity {
    pub path: &'static str,
    /// Headings, and JSON pointers to the values of their columns.
    pub columns: &'static [(&'static str, &'static str)],
}

#[derive(Debug, Subcommand)]
pub(crate) enum Crud {
    /// List them
    List(List),
    /// Show one
    Show(One),
    /// Create one; prints its id
    Create(Create),
    /// Change fields of one; the others stay
    Update(Update),
    /// Delete one
    Delete(Delete),
}

/// What narrows a list, and how much of it is fetched.
#[derive(Debug, Default, Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub scope: Scope,
    /// Only those whose field has this value; can be given again
    #[arg(long = "filter", value_name = "FIELD=VALUE")]
    filters: Vec<String>,
    /// Fetch at most so many (1 to 200)
    #[arg(long, value_name = "N", value_parser = crate::args::whole::<1, 200>)]
    limit: Option<u32>,
    /// Go on where a list before ended
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
    /// Fetch every page
    #[arg(long, conflicts_with = "cursor")]
    all: bool,
}

/// Whose records.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Scope {
    /// The account (operators; default: your own)
    #[arg(long, value_name = "ID")]
    pub account: Option<RecordId>,
    /// The enterprise (default: your own, or all where you see all)
    #[arg(long, value_name = "ID")]
    pub enterprise: Option<RecordId>,
}

#[derive(Debug, Args)]
pub(crate) struct One {
    pub id: RecordId,
    #[command(flatten)]
    pub scope: Scope,
}

#[derive(Debug, Args)]
pub(crate) struct Create {
    #[command(flatten)]
    pub body: Body,
    #[command(flatten)]
    pub scope: Scope,
    /// The same key and body give the same answer for 24 hours, so that a retry creates nothing twice
    #[arg(long, value_name = "KEY")]
    pub idempotency_key: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Update {
    pub id: RecordId,
    #[command(flatten)]
    pub body: Body,
    #[command(flatten)]
    pub scope: Scope,
    /// Only if the record still has this version, as its ETag says
    #[arg(long, value_name = "ETAG")]
    pub if_match: Option<String>,
    #[command(flatten)]
    pub confirmed: Confirmed,
}

#[derive(Debug, Args)]
pub(crate) struct Delete {
    pub id: RecordId,
    #[command(flatten)]
    pub scope: Scope,
    /// Only if the record still has this version, as its ETag says
    #[arg(long, value_name = "ETAG")]
    pub if_match: Option<String>,
    #[command(flatten)]
    pub confirmed: Confirmed,
}

/// Effects that the server asks about.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct Confirmed {
    /// Also if the server asks first: where users or groups lose something, or you your own right to administer users
    #[arg(long)]
    yes: bool,
}

impl Confirmed {
    pub(crate) fn of(self, ask: ApiRequest) -> ApiRequest {
        ask.with("confirm", self.yes.then_some("in-use,own-administration"))
    }
}

/// The fields of a request, from a file and from the command line.
#[derive(Debug, Args)]
pub(crate) struct Body {
    /// A file with a JSON object; `-` reads stdin
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Fields: `name=Ada` is a text, `seats:=3` is JSON, `contact.name=Ada` is a field within a field
    #[arg(value_name = "FIELD=VALUE")]
    fields: Vec<String>,
}

impl List {
    /// The first page of what is in a scope.
    pub(super) fn in_scope(scope: &Scope) -> Self {
        Self { scope: scope.clone(), ..Self::default() }
    }
}

impl Create {
    /// The request that creates a record. A new record's enterprise is a field of its body.
    pub(super) fn ask(&self, path: &str) -> Outcome<ApiRequest> {
        self.ask_with(path, None)
    }

    /// The same with a field from an option of the command.
    pub(super) fn ask_with(&self, path: &str, given: Option<(&str, &str)>) -> Outcome<ApiRequest> {
        let mut body = self.body.read()?;
        if let Some(((name, value), fields)) = given.zip(body.as_object_mut()) {
            fields.insert(name.to_owned(), value.into());
        }
        let mut scope = self.scope.clone();
        let fields = body.as_object_mut().filter(|fields| !fields.contains_key("enterpriseId"));
        if let Some((fields, enterprise)) = fields.zip(scope.enterprise) {
            fields.insert("enterpriseId".into(), enterprise.to_string().into());
            scope.enterprise = None;
        }
        let ask = scope.of(ApiRequest::post(path)).body(body);
        Ok(ask.header("idempotency-key", self.idempotency_key.clone()))
    }
}

impl Scope {
    pub(crate) fn of(&self, ask: ApiRequest) -> ApiRequest {
        ask.with("accountId", self.account).with("enterpriseId", self.enterprise)
    }
}

impl Entity {
    pub(crate) async fn run(&self, command: &Crud, session: &mut Session) -> Outcome {
        match command {
            Crud::List(list) => self.list(self.path, list, session).await,
            Crud::Show(one) => session.show(one.scope.of(ApiRequest::get(self.at(one.id)))).await,
            Crud::Create(create) => session.create(create.ask(self.path)?).await.map(drop),
            Crud::Update(update) => self.update(update, session).await,
            Crud::Delete(delete) => self.delete(delete, session).await,
        }
    }

    pub(crate) async fn update(&self, update: &Update, session: &mut Session) -> Outcome {
        let mut if_match = update.if_match.clone();
        let body = if update.body.has_inner_fields() {
            let (record, etag) = session.client.read(update.scope.of(ApiRequest::get(self.at(update.id)))).await?;
            if_match = if_match.or(etag);
            update.body.read_over(&record)?
        } else {
            update.body.read()?
        };
        let ask = update.scope.of(ApiRequest::put(self.at(update.id))).body(body);
        let ask = if self.confirms() { update.confirmed.of(ask) } else { ask };
        session.change(ask.header("if-match", if_match)).await
    }

    pub(crate) async fn delete(&self, delete: &Delete, session: &mut Session) -> Outcome {
        let ask = delete.scope.of(ApiRequest::delete(self.at(delete.id)));
        let ask = if self.confirms() { delete.confirmed.of(ask) } else { ask };
        session.change(ask.header("if-match", delete.if_match.clone())).await
    }

    /// Whether the server asks before it changes or deletes one that others depend on.
    fn confirms(&self) -> bool {
        matches!(self.path, "/api/users" | "/api/groups" | "/api/roles")
    }

    pub(crate) fn at(&self, id: RecordId) -> String {
        format!("{}/{id}", self.path)
    }

    /// Lists what is at a path, in this kind's columns.
    pub(crate) async fn list(&self, path: &str, list: &List, session: &mut Session) -> Outcome {
        let mut ask = list.scope.of(ApiRequest::get(path)).with("cursor", list.cursor.as_ref());
        ask = ask.with("limit", list.limit.or(list.all.then_some(200)));
        for filter in &list.filters {
            let (field, value) = filter.split_once('=').ok_or_else(|| {
                Failure::usage(format!("`{filter}` is no filter"))
                    .hint("write it as FIELD=VALUE: --filter status=active")
            })?;
            ask = ask.with(field, Some(value));
        }
        let mut page = session.client.ask(ask.clone()).await?;
        while let Some(cursor) = page["nextCursor"].as_str().filter(|_| list.all) {
            let mut next = session.client.ask(ask.clone().with("cursor", Some(cursor))).await?;
            if let (Some(items), Some(more)) = (page["items"].as_array_mut(), next["items"].as_array_mut()) {
                items.append(more);
            }
            page["nextCursor"] = next["nextCursor"].take();
        }
        if let Some(page) = page.as_object_mut().filter(|page| page.get("nextCursor").is_some_and(Value::is_null)) {
            page.remove("nextCursor");
        }
        self.print(&page, session.json);
        Ok(())
    }

    fn print(&self, page: &Value, as_json: bool) {
        if as_json {
            return print::json(page);
        }
        let headings: Vec<&str> = self.columns.iter().map(|(heading, _)| *heading).collect();
        let items = page["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        let row = |item: &Value| self.columns.iter().map(|(_, pointer)| print::short(item.pointer(pointer))).collect();
        print::table(&headings, items.iter().map(row));
        if let Some(cursor) = page["nextCursor"].as_str() {
            print::note(format_args!("there are more: --all, or --cursor {cursor}"));
        }
    }
}

impl Body {
    pub(crate) fn read(&self) -> Outcome<Value> {
        self.read_over(&Value::Null)
    }

    /// Whether the command line gives a field within a field.
    fn has_inner_fields(&self) -> bool {
        self.fields.iter().any(|field| outer_field(field).is_some())
    }

    /// The same for a change of a record: an update replaces a field whole, so a field within a field begins with what
    /// the record has beside it.
    fn read_over(&self, record: &Value) -> Outcome<Value> {
        let mut body = match &self.file {
            Some(file) => read_json(file)?,
            None => json!({}),
        };
        let Some(fields) = body.as_object_mut() else {
            return Err(Failure::usage("the file must hold one JSON object"));
        };
        for outer in self.fields.iter().filter_map(|field| outer_field(field)) {
            if let Some(kept) = record.get(outer).filter(|kept| kept.is_object()) {
                fields.entry(outer).or_insert_with(|| kept.clone());
            }
        }
        for field in &self.fields {
            set(fields, field)?;
        }
        Ok(body)
    }
}

/// Reads JSON from a file, or from stdin.
pub(crate) fn read_json(file: &PathBuf) -> Outcome<Value> {
    let mut text = String::new();
    let read = if file.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut text).map(drop)
    } else {
        fs::read_to_string(file).map(|read| text = read)
    };
    read.map_err(|error| Failure::usage(format!("{} can't be read: {error}", file.display())))?;
    // Editors on Windows begin files with a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    serde_json::from_str(text)
        .map_err(|error| Failure::usage(format!("{} is not JSON: {}", file.display(), complaint(&error))))
}

/// The outermost field of `contact.name=Ada`.
fn outer_field(field: &str) -> Option<&str> {
    let (path, _) = field.split_once('=')?;
    path.split_once('.').map(|(outer, _)| outer)
}

fn set(fields: &mut Map<String, Value>, field: &str) -> Outcome {
    let bad = |why: String| Failure::usage(why).hint("write name=Ada for a text, seats:=3 for JSON");
    let (path, text) = field.split_once('=').ok_or_else(|| bad(format!("`{field}` is no field with a value")))?;
    let (path, value) = match path.strip_suffix(':') {
        Some(path) => {
            let value = serde_json::from_str(text)
                .map_err(|error| bad(format!("the value in `{field}` is not JSON: {}", complaint(&error))))?;
            (path, value)
        }
        None => (path, Value::from(text)),
    };
    let (parents, name) = path.rsplit_once('.').map_or((None, path), |(parents, name)| (Some(parents), name));
    let mut at = fields;
    for parent in parents.into_iter().flat_map(|parents| parents.split('.')) {
        let inner = at.entry(parent).or_insert_with(|| json!({}));
        at = inner.as_object_mut().ok_or_else(|| bad(format!("`{parent}` in `{field}` is not an object")))?;
    }
    at.insert(name.to_owned(), value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(fields: &[&str]) -> Outcome<Value> {
        Body { file: None, fields: fields.iter().map(ToString::to_string).collect() }.read()
    }

    #[test]
    fn fields_become_json() {
        let read = body(&["name=Ada = Byron", "seats:=3", "contact.name=Bob", "contact.phone:=null", "ids:=[\"a\"]"]);
        let expected = json!({
            "name": "Ada = Byron", "seats": 3, "contact": { "name": "Bob", "phone": null }, "ids": ["a"]
        });
        assert_eq!(read.unwrap(), expected);
        assert!(body(&["name"]).unwrap_err().to_string().contains("no field with a value"));
        assert!(body(&["n:=x"]).unwrap_err().to_string().contains("not JSON"));
        assert!(body(&["a=1", "a.b=2"]).unwrap_err().to_string().contains("not an object"));
    }

    #[test]
    fn a_field_within_a_field_keeps_what_the_record_has_beside_it() {
        let record =
            json!({ "name": "Acme", "contact": { "name": "Bob", "email": "bob@acme.example" }, "address": null });
        let given = ["contact.name=Ada", "address.city=Berlin", "note=see a.b=c"];
        let body = Body { file: None, fields: given.map(str::to_owned).to_vec() };
        assert!(body.has_inner_fields());
        assert_eq!(
            body.read_over(&record).unwrap(),
            json!({
                "contact": { "name": "Ada", "email": "bob@acme.example" }, "address": { "city": "Berlin" },
                "note": "see a.b=c"
            })
        );
        assert!(!Body { file: None, fields: vec!["note=see a.b".into()] }.has_inner_fields());
    }
}
