// The page's moving parts: the pairs, the other checks, a machine's own words. Text from the proof
// only ever becomes text nodes.
"use strict";
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const proof = read("proof");
  const make = (name, given = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(given)) {
      if (value === null || value === undefined || value === false) continue;
      if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  };
  const byId = (id) => document.getElementById(id);
  const all = proof.checks.concat(...proof.scenarios.map((one) => one.told));

  // Pairs of guests, a table for each family.
  const pairs = () => {
    const place = byId("matrix");
    if (!place) return;
    const families = { 4: new Map(), 6: new Map() };
    // A border is the namespace of several guests: the title tells them apart.
    const named = /^(\S+)\((\S+)\) to (\S+)\((\S+)\) IPv([46])/;
    for (const one of proof.checks) {
      const ends = one.kind === "pair" && named.exec(one.title);
      if (!ends) continue;
      const key = ends.slice(1, 5).join(" ");
      const seen = families[ends[5]];
      const before = seen.get(key);
      if (!before || (one.fault && !before.fault)) seen.set(key, one);
    }
    const there = Object.keys(families).filter((one) => families[one].size);
    const told = byId("told");
    let chosen = null;
    const tell = (cell, stays) => {
      const one = cell.check;
      if (!one || (chosen && !stays)) return;
      told.replaceChildren(
        make("b", {}, one.title), make("br"),
        one.fault ? make("span", { class: "bad" }, one.fault) : one.hoped ? "answered, as promised" : "no answer, as promised",
        one.places ? make("span", { class: "soft" }, "  on " + one.places.join(" and ")) : "");
    };
    const table = (family) => {
      const seen = families[family];
      const ends = new Set();
      for (const key of seen.keys()) {
        const [a, at, b, there] = key.split(" ");
        ends.add(a + " " + at).add(b + " " + there);
      }
      const guests = proof.guests.filter((one) => ends.has(one.expected + " " + one.name));
      guests.sort((a, b) => a.network.localeCompare(b.network) || a.expected.localeCompare(b.expected));
      const head = make("tr", {}, make("td"), ...guests.map((one) => make("th", { scope: "col", title: one.expected + " on " + one.place }, make("span", {}, one.name))));
      const rows = guests.map((a, row) => {
        const dot = make("i", { style: "background:var(--hue" + (proof.hues[a.network] || 0) + ")" });
        const cells = guests.map((b, column) => {
          const one = seen.get([a.expected, a.name, b.expected, b.name].join(" "));
          const kind = !one ? "" : one.fault ? "broken" : one.hoped ? "met" : "apart";
          const sign = { met: "\u2713", apart: "\u00b7", broken: one && one.hoped ? "\u2715" : "!" }[kind] || "";
          const cell = make("td", { class: kind, tabindex: row + column ? "-1" : "0", "aria-label": one ? one.title + (one.fault ? ": " + one.fault : "") : "not asked" }, sign);
          cell.check = one;
          return cell;
        });
        const first = !row || guests[row - 1].network !== a.network;
        return make("tr", { class: first && row ? "first" : null }, make("th", { scope: "row", title: a.addresses.join(", ") }, dot, a.expected + (a.name === a.place ? "" : " " + a.name) + " on " + a.place), ...cells);
      });
      return make("table", { class: "matrix" + (guests.length > 30 ? " many" : ""), role: "grid" }, make("thead", {}, head), make("tbody", {}, ...rows));
    };
    const choose = (family) => {
      chosen = null;
      place.replaceChildren(table(family));
      for (const one of byId("families").children) one.setAttribute("aria-pressed", one.value === family);
    };
    place.addEventListener("mouseover", (event) => event.target.check && tell(event.target));
    place.addEventListener("focusin", (event) => event.target.check && tell(event.target, true));
    place.addEventListener("click", (event) => {
      if (chosen) chosen.classList.remove("on");
      chosen = event.target.check && chosen !== event.target ? event.target : null;
      if (chosen) { chosen.classList.add("on"); tell(chosen, true); }
    });
    place.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
      if (!step || event.target.tagName !== "TD") return;
      const row = event.target.parentNode;
      const next = row.parentNode.rows[row.rowIndex - 1 + step[0]];
      const cell = next && next.cells[event.target.cellIndex + step[1]];
      if (cell && cell.tagName === "TD") { event.preventDefault(); cell.tabIndex = 0; event.target.tabIndex = -1; cell.focus(); }
    });
    byId("families").append(...there.map((one) => make("button", { type: "button", value: one, onclick: () => choose(one) }, "IPv" + one)));
    if (there.length) choose(there[0]);
  };

  // Every other check by its kind; a kind's list is made when it is opened.
  const MOST = 400;
  const others = () => {
    const place = byId("kinds");
    const show = (words) => {
      const kinds = new Map();
      for (const one of all) {
        if (words && !(one.title + " " + (one.fault || "")).toLowerCase().includes(words)) continue;
        if (!kinds.has(one.kind)) kinds.set(one.kind, []);
        kinds.get(one.kind).push(one);
      }
      place.replaceChildren(...[...kinds].map(([kind, checks]) => {
        const wrong = checks.filter((one) => one.fault);
        const list = make("ul", { tabindex: "0" });
        const fold = make("details", { class: "kind", ontoggle: () => {
          if (list.childNodes.length) return;
          const ordered = wrong.concat(checks.filter((one) => !one.fault));
          list.append(...ordered.slice(0, MOST).map((one) => make("li", { class: one.fault ? "broken" : null }, one.title, one.fault ? make("em", {}, one.fault) : "")));
          if (ordered.length > MOST) list.append(make("li", {}, "and " + (ordered.length - MOST).toLocaleString("en") + " more: search for them"));
        } }, make("summary", {}, make("b", {}, kind), make("span", { class: wrong.length ? "bad" : "soft" }, wrong.length ? wrong.length.toLocaleString("en") + " of " + checks.length.toLocaleString("en") + " failed" : checks.length.toLocaleString("en") + " held")), list);
        return fold;
      }));
    };
    let waiting = 0;
    byId("search").addEventListener("input", (event) => {
      clearTimeout(waiting);
      waiting = setTimeout(() => show(event.target.value.trim().toLowerCase()), 120);
    });
    show("");
  };

  // A machine: what it is, what failed there, what it said.
  const panel = byId("panel");
  let said = null; // megabytes that most readers never ask for
  const cellOf = (cell) => {
    const down = cell && cell.down;
    return make("td", { class: down ? "down" : null }, String(down || cell || ""));
  };
  const tableOf = (head, rows) => {
    const titles = head.map((one) => make("th", { scope: "col" }, one));
    const lines = rows.map((row) => make("tr", {}, ...row.map(cellOf)));
    return make("div", { class: "scroll" }, make("table", {}, make("thead", {}, make("tr", {}, ...titles)), make("tbody", {}, ...lines)));
  };
  const parts = (one) => {
    const made = [];
    if (one.interfaces.length) made.push(["Interfaces", () => tableOf(
      ["device", "kind", "addresses", "MTU", "MAC", "in", "state", "more"],
      one.interfaces.map((each) => [each.name, each.kind, each.addresses.join("\n"), each.mtu, each.mac, each.master, each.state, each.detail]))]);
    if (one.sessions.length) made.push(["Sessions", () => tableOf(
      ["peer", "machine", "state", "prefixes heard"],
      one.sessions.map((each) => [each.peer, (proof.machines.find((other) => other.address === each.peer) || {}).name,
        each.state === "Established" ? each.state : { down: each.state }, String(each.heard)]))]);
    const guests = proof.guests.filter((each) => each.place === one.name);
    if (guests.length) made.push(["Guests", () => tableOf(
      ["guest", "stands for", "network", "addresses"],
      guests.map((each) => [each.name, each.expected, each.network, each.addresses.join("\n")]))]);
    said = said || read("said");
    for (const [title, text] of Object.entries(said[one.name] || {})) made.push([title, () => make("pre", { tabindex: "0" }, text)]);
    return made;
  };
  const open = (name) => {
    const one = proof.machines.find((each) => each.name === name);
    if (!one) return;
    byId("panel-title").textContent = name;
    byId("panel-about").textContent = [one.role, one.site, one.address].filter(Boolean).join(", ");
    const wrong = all.filter((each) => each.fault && (each.places || []).includes(name));
    const faults = make("ul", { class: "wrong" }, ...wrong.slice(0, 100).map((each) => make("li", {}, make("span", {}, each.title), make("pre", {}, each.fault))));
    const count = wrong.length === 1 ? "1 failed check is" : wrong.length.toLocaleString("en") + " failed checks are";
    byId("panel-wrong").replaceChildren(...(wrong.length ? [make("details", { open: wrong.length < 3 }, make("summary", {}, count + " about this machine"), faults)] : []));
    const content = byId("panel-content");
    const tabs = parts(one).map(([title, body]) => {
      const tab = make("button", { type: "button", role: "tab", "aria-selected": "false" }, title);
      tab.addEventListener("click", () => {
        for (const other of tabs) other.setAttribute("aria-selected", other === tab);
        content.replaceChildren(body());
      });
      return tab;
    });
    byId("panel-tabs").replaceChildren(...tabs);
    if (tabs.length) tabs[0].click();
    else content.replaceChildren(make("p", { class: "soft" }, "It said nothing: it did not come up, or was not asked."));
    if (!panel.open) panel.showModal();
    panel.scrollTop = 0;
  };
  const asked = (event) => {
    const machine = event.target.closest("[data-machine]");
    if (!machine) return;
    event.preventDefault();
    open(machine.getAttribute("data-machine"));
  };
  document.addEventListener("click", asked);
  document.addEventListener("keydown", (event) => {
    if ((event.key === "Enter" || event.key === " ") && event.target.closest("g[data-machine]")) asked(event);
  });
  byId("panel-close").addEventListener("click", () => panel.close());
  panel.addEventListener("click", (event) => event.target === panel && panel.close());

  // What lies below the window waits until the page is there, or somebody comes near.
  const near = (id, work) => {
    const now = () => {
      watch.disconnect();
      clearTimeout(later);
      work();
    };
    const watch = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && now(), { rootMargin: "400px" });
    const later = setTimeout(now, 500);
    watch.observe(byId(id));
  };
  near("pairs", pairs);
  near("checks", others);
})();
