// Draws the API's document as a page to read. No library, no request but for the document itself.
"use strict";

const make = (name, attributes = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
};

const METHODS = ["get", "post", "put", "delete"];

function follow(api, node) {
  const name = node && node.$ref && node.$ref.split("/");
  return name ? name.slice(1).reduce((at, part) => at[part], api) : node;
}

/** A schema as a short text: what a reader needs to write a request. */
function outline(api, schema, depth = 0) {
  schema = follow(api, schema) || {};
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const options = schema.oneOf || schema.anyOf;
  if (options) return options.map((one) => outline(api, one, depth)).join(" | ");
  if (schema.allOf) return outline(api, schema.allOf[0], depth);
  const type = Array.isArray(schema.type) ? schema.type.join(" | ") : schema.type;
  if (schema.properties && depth < 5) {
    const pad = "  ".repeat(depth + 1);
    const lines = Object.entries(schema.properties).map(([name, one]) => {
      const optional = (schema.required || []).includes(name) ? "" : "?";
      const described = follow(api, one).description || one.description;
      const says = described ? `  // ${described.split("\n")[0]}` : "";
      return `${pad}${name}${optional}: ${outline(api, one, depth + 1)}${says}`;
    });
    return `{\n${lines.join("\n")}\n${"  ".repeat(depth)}}`;
  }
  if (schema.items) return `[${outline(api, schema.items, depth)}]`;
  const bounds = [
    schema.format,
    schema.minLength !== undefined || schema.maxLength !== undefined ? `${schema.minLength ?? 0}…${schema.maxLength ?? ""} characters` : null,
    schema.minimum !== undefined || schema.maximum !== undefined ? `${schema.minimum ?? ""}…${schema.maximum ?? ""}` : null,
  ].filter(Boolean);
  return (type || "any") + (bounds.length ? ` (${bounds.join(", ")})` : "");
}

function parameters(api, operation) {
  if (!operation.parameters.length) return null;
  const rows = operation.parameters.map((one) =>
    make("tr", {}, make("td", {}, make("code", {}, one.name), one.required ? " *" : ""), make("td", {}, one.in),
      make("td", {}, make("code", {}, outline(api, one.schema))), make("td", {}, one.description || "")));
  const head = make("tr", {}, ...["name", "in", "type", ""].map((text) => make("th", { scope: "col" }, text)));
  return make("div", {}, make("h3", {}, "Parameters"), make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)));
}

function body(api, operation) {
  if (!operation.requestBody) return null;
  const { schema, example } = operation.requestBody.content["application/json"];
  return make("div", {}, make("h3", {}, "Body"), make("pre", {}, outline(api, schema)),
    make("h3", {}, "Example"), make("pre", {}, JSON.stringify(example, null, 2)));
}

function responses(api, operation) {
  const parts = Object.entries(operation.responses).map(([status, response]) => {
    const found = follow(api, response);
    const content = found.content && (found.content["application/json"] || found.content["text/event-stream"]);
    const shown = status < "300" && content ? make("pre", {}, outline(api, content.schema.properties?.data?.contentSchema || content.schema)) : null;
    return make("tr", {}, make("td", {}, make("code", {}, status)), make("td", {}, found.description, shown));
  });
  return make("div", {}, make("h3", {}, "Answers"), make("table", {}, make("tbody", {}, ...parts)));
}

function operations(api) {
  return Object.entries(api.paths).flatMap(([path, methods]) =>
    METHODS.filter((method) => methods[method]).map((method) => ({ path, method, ...methods[method] })));
}

function draw(api) {
  const main = document.getElementById("operations");
  const index = document.getElementById("index");
  main.replaceChildren(make("p", {}, api.info.description));
  const groups = Map.groupBy ? Map.groupBy(operations(api), (one) => one.tags[0]) : group(operations(api));
  for (const [tag, members] of [...groups].sort()) {
    index.append(make("h2", {}, tag));
    main.append(make("h2", { id: `tag-${tag}` }, tag));
    for (const one of members) {
      index.append(make("a", { href: `#${one.operationId}`, title: `${one.method.toUpperCase()} ${one.path}` }, one.summary));
      const summary = make("summary", {}, make("b", { class: one.method }, one.method), make("code", {}, one.path), make("span", {}, one.summary));
      const details = make("details", {}, summary);
      details.addEventListener("toggle", () => {
        if (details.open && details.children.length === 1) {
          const who = one.description || "Open to all.";
          details.append(make("div", { class: "body" }, make("p", {}, who), parameters(api, one), body(api, one), responses(api, one)));
        }
      });
      main.append(make("section", { id: one.operationId, "data-words": `${one.method} ${one.path} ${one.summary} ${tag}`.toLowerCase() }, details));
    }
  }
  const problems = Object.values(api.components.responses).flatMap((one) => one.description.match(/`[a-z_]+`: [^.]+\./g) || []);
  main.append(make("h2", { id: "problems" }, "Problems"));
  const rows = problems.map((line) => {
    const [, code, title] = line.match(/`([a-z_]+)`: (.+)/);
    return make("tr", { id: `problem-${code}` }, make("td", {}, make("code", {}, code)), make("td", {}, title));
  });
  main.append(make("table", {}, make("tbody", {}, ...rows)));
  open();
}

function group(all) {
  const groups = new Map();
  for (const one of all) groups.set(one.tags[0], [...(groups.get(one.tags[0]) || []), one]);
  return groups;
}

/** Opens the operation that the address names. */
function open() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (!target) return;
  const details = target.querySelector("details");
  if (details) details.open = true;
  target.scrollIntoView();
}

document.getElementById("filter").addEventListener("input", (event) => {
  const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const section of document.querySelectorAll("section")) {
    section.hidden = !words.every((word) => section.dataset.words.includes(word));
  }
});
addEventListener("hashchange", open);

fetch("/api/openapi.json").then((answer) => answer.json()).then(draw, (error) => {
  document.getElementById("operations").replaceChildren(make("p", { role: "alert" }, `The document could not be read: ${error.message}. Reload the page to try again.`));
});
