package page_test

import "testing"

// The modules without a screen are checked in the browser itself, where they
// have to work.
func TestModules(t *testing.T) {
	t.Parallel()
	url, _ := serve(t)
	w := open(t, url+"/meet/100000001")
	const load = `(async () => {
		const use = (name) => import("/meet/assets/" + name + ".js"), check = (name) => import("/testdata/" + name + ".js");
		`
	for _, m := range []struct{ name, script string }{
		{
			"SFrame matches the vectors published with RFC 9605",
			`return (await check("sframe")).vectors(await use("sframe"), await (await fetch("/testdata/rfc9605.json")).json());`,
		},
		{"one key for each sender, no frame twice", `return (await check("sframe")).senders(await use("sframe"), await use("senders"));`},
		{"what may leave the browser, what the header may claim", `return (await check("rules")).rules(await use("rules"));`},
		{"what is told of a change", `return (await check("rules")).changed(await use("changes"));`},
		{"session descriptions are read right", `return (await check("rules")).descriptions(await use("voices"));`},
		{"a line is dead when nobody answers", `return (await check("signal")).lines(await use("signal"));`},
		{"all languages say the same", `return (await check("rules")).languages(await use("words"));`},
		{"texts by language are read in the right one", `return (await check("rules")).texts(await use("words"));`},
		{"keys in links", `return (await check("rules")).links(await use("e2ee"));`},
	} {
		t.Run(m.name, func(t *testing.T) {
			eval[report](&tab{t, w.ctx}, load+m.script+"})()").check(t)
		})
	}
}
