/*
 * playbook_html.c - a playbook as one page of HTML: no scripts, nothing from elsewhere, everything escaped. Boxes and blanks are
 * form fields, so that it can be filled in on a screen too; printed they are boxes and lines. Written so that it is XML as well.
 */
#include <string.h>

#include "playbook_form.h"

static const char style[] =
	"@page{size:A4;margin:15mm}"
	"body{font-family:'Noto Sans CJK JP','Noto Sans JP','Hiragino Kaku Gothic ProN','Yu Gothic',Meiryo,'IPAexGothic',sans-serif;"
	"line-height:1.5;max-width:52rem;margin:1rem auto;padding:0 1rem;color:#000;background:#fff;overflow-wrap:anywhere}"
	"h1{font-size:1.5rem;border-bottom:3px solid #000}h2{font-size:1.2rem;border-bottom:1px solid #000;margin-top:2rem}"
	"h3{font-size:1rem;margin:0}"
	".playbook+.playbook{break-before:page}h2{break-after:avoid}"
	".step{border:1px solid #555;border-radius:4px;padding:.4rem .7rem;margin:.6rem 0;break-inside:avoid}"
	".branch{border-left:4px solid #555;padding-left:.8rem;margin:.8rem 0 .8rem .3rem}"
	".when,.jump{font-weight:bold;margin:.5rem 0}.when{break-after:avoid}"
	".notes{font-size:.85rem;margin:0}.warning{border:2px solid #900;padding:.3rem .6rem;font-weight:bold}"
	".field{margin:.2rem 0}.field b{font-weight:600}.step .field{display:inline-block;margin:.1rem 1.5rem .1rem 0}"
	"fieldset{border:1px solid #555;margin:.4rem 0}fieldset label{display:inline-block;margin-right:1.5rem}"
	".text{white-space:pre-wrap}"
	"ul{list-style:none;padding-left:0;margin:.1rem 0}li{margin:.1rem 0;padding-left:1.8rem;text-indent:-1.8rem}"
	"li label{white-space:pre-wrap}"
	"input[type=checkbox]{width:1.1rem;height:1.1rem;vertical-align:-.15rem;margin:0 .5rem 0 0;accent-color:#000}"
	"input[type=text]{border:0;border-bottom:1px solid #000;min-width:9rem;font:inherit;background:none}"
	".blanks{margin:.3rem 0}.blanks label{display:inline-block;margin-right:1rem;white-space:nowrap}"
	"pre{white-space:pre-wrap;border:1px dashed #555;padding:.4rem;margin:.3rem 0;font-family:'Noto Sans Mono CJK JP',monospace}"
	"table{border-collapse:collapse;width:calc(100% - 2px);font-size:.9rem;margin:.4rem 0}th,td{border:1px solid "
	"#555;padding:.25rem .4rem;text-align:left;"
	"vertical-align:top;overflow-wrap:break-word;min-width:3.2em}thead{display:table-header-group}tr{break-inside:avoid}td "
	"input[type=text]{width:95%;min-width:3rem;height:1.6rem}"
	"a{color:inherit}"
	"@media "
	"print{body{max-width:none;margin:0;padding:0;font-size:9.5pt;line-height:1.4}input[type=text]{min-width:0;width:30mm}a{text-"
	"decoration:none}}";

static void
put(const OpresSheet *sheet, const char *text, bool lines)
{
	for (text = opres_clean(sheet->arena, text, lines); *text; text++)
		switch (*text)
		{
			case '&':
				(void) fputs("&amp;", sheet->out);
				break;
			case '<':
				(void) fputs("&lt;", sheet->out);
				break;
			case '>':
				(void) fputs("&gt;", sheet->out);
				break;
			case '"':
				(void) fputs("&quot;", sheet->out);
				break;
			case '\'':
				(void) fputs("&#39;", sheet->out);
				break;
			default:
				(void) fputc(*text, sheet->out);
				break;
		}
}

/* open, the text kept apart from what is around it in its direction of writing, close: both ours. */
static void
put_within(const OpresSheet *sheet, const char *open, const char *text, const char *close, bool lines)
{
	(void) fputs(open, sheet->out);
	(void) fputs("<bdi>", sheet->out);
	put(sheet, text, lines);
	(void) fprintf(sheet->out, "</bdi>%s", close);
}

static void
html_begin(OpresSheet *sheet, const char *title)
{
	(void) fprintf(sheet->out,
				   "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\"/>\n"
				   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n"
				   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>",
				   opres_word("en", "ja"));
	put(sheet, title, false);
	(void) fprintf(sheet->out, "</title>\n<style>%s</style>\n</head>\n<body>\n<main>\n", style);
}

static void
html_end(OpresSheet *sheet)
{
	(void) fputs("</main>\n</body>\n</html>\n", sheet->out);
}

static void
html_playbook(OpresSheet *sheet, const char *title)
{
	put_within(sheet, "<article class=\"playbook\">\n<h1>", title, "</h1>\n", false);
}

static void
html_playbook_end(OpresSheet *sheet)
{
	(void) fputs("</article>\n", sheet->out);
}

static void
html_heading(OpresSheet *sheet, const char *text)
{
	put_within(sheet, "<h2>", text, "</h2>\n", false);
}

static void
html_text(OpresSheet *sheet, const char *text)
{
	put_within(sheet, "<p class=\"text\">", text, "</p>\n", true);
}

static void
html_warning(OpresSheet *sheet, const char *text)
{
	put_within(sheet, "<p class=\"warning\">", text, "</p>\n", false);
}

static void
html_field(OpresSheet *sheet, const char *label, const char *text)
{
	put_within(sheet, "<p class=\"field\"><b>", label, opres_word(":</b> ", "：</b>"), false);
	put_within(sheet, "", text, "</p>\n", false);
}

static void
html_blanks(OpresSheet *sheet, const char *label, const char *const *names, int count)
{
	(void) fputs("<div class=\"blanks\">", sheet->out);
	if (label)
		put_within(sheet, "<div>", label, "</div>", false);
	for (int i = 0; i < count; i++)
		put_within(sheet, "<label>", names[i], opres_word(": <input type=\"text\"/></label> ", "：<input type=\"text\"/></label> "),
				   false);
	(void) fputs("</div>\n", sheet->out);
}

static void
html_ask(OpresSheet *sheet, const char *text, const char *const *choices, int count)
{
	if (count == 0)
	{
		put_within(sheet, "<p class=\"field\"><label>", text, " <input type=\"text\"/></label></p>\n", false);
		return;
	}
	put_within(sheet, "<fieldset><legend>", text, "</legend>", false);
	for (int i = 0; i < count; i++)
		put_within(sheet, "<label><input type=\"checkbox\"/>", choices[i], "</label> ", false);
	(void) fputs("</fieldset>\n", sheet->out);
}

static void
html_list(OpresSheet *sheet, bool begin)
{
	(void) fputs(begin ? "<ul>\n" : "</ul>\n", sheet->out);
}

static void
html_tick(OpresSheet *sheet, const char *text)
{
	put_within(sheet, "<li><label><input type=\"checkbox\"/>", text, "</label></li>\n", true);
}

static void
html_code(OpresSheet *sheet, const char *text)
{
	put_within(sheet, "<pre>", text, "</pre>\n", true);
}

static void
html_step(OpresSheet *sheet, int32_t number, const char *label, const char *name, const char *notes)
{
	(void) fprintf(sheet->out, "<section class=\"step\" id=\"p%d-%d\">\n", sheet->playbook, (int) number);
	put_within(sheet, "<h3><label><input type=\"checkbox\"/>", label, " ", false);
	put_within(sheet, "", name, "</label></h3>\n", false);
	if (notes)
		put_within(sheet, "<p class=\"notes\">", notes, "</p>\n", false);
}

static void
html_step_end(OpresSheet *sheet)
{
	(void) fputs("</section>\n", sheet->out);
}

static void
html_branch(OpresSheet *sheet, const char *text)
{
	put_within(sheet, "<div class=\"branch\">\n<p class=\"when\">", text, "</p>\n", false);
}

static void
html_branch_end(OpresSheet *sheet)
{
	(void) fputs("</div>\n", sheet->out);
}

static void
open_link(const OpresSheet *sheet, int32_t number)
{
	if (number > 0)
		(void) fprintf(sheet->out, "<a href=\"#p%d-%d\">", sheet->playbook, (int) number);
}

static void
html_jump(OpresSheet *sheet, const char *text, int32_t number)
{
	(void) fputs("<p class=\"jump\">→ ", sheet->out);
	open_link(sheet, number);
	put_within(sheet, "", text, number > 0 ? "</a></p>\n" : "</p>\n", false);
}

static void
html_table(OpresSheet *sheet, const char *const *columns, int count)
{
	sheet->columns = columns;
	sheet->column_count = count;
	(void) fputs("<table>\n<thead><tr>", sheet->out);
	for (int i = 0; i < count; i++)
		put_within(sheet, "<th scope=\"col\">", columns[i], "</th>", false);
	(void) fputs("</tr></thead>\n<tbody>\n", sheet->out);
}

static void
html_row(OpresSheet *sheet, const char *const *cells, int32_t number)
{
	(void) fputs("<tr>", sheet->out);
	for (int i = 0; i < sheet->column_count; i++)
	{
		bool link = i == 0 && number > 0;

		(void) fputs("<td>", sheet->out);
		if (link)
			open_link(sheet, number);
		if (cells[i])
			put_within(sheet, "", cells[i], link ? "</a>" : "", false);
		else
		{
			(void) fputs("<input type=\"text\" aria-label=\"", sheet->out);
			put(sheet, sheet->columns[i], false);
			(void) fputs("\"/>", sheet->out);
		}
		(void) fputs("</td>", sheet->out);
	}
	(void) fputs("</tr>\n", sheet->out);
}

static void
html_table_end(OpresSheet *sheet)
{
	(void) fputs("</tbody>\n</table>\n", sheet->out);
}

const OpresForm opres_form_html = {
	.begin = html_begin,
	.end = html_end,
	.playbook = html_playbook,
	.playbook_end = html_playbook_end,
	.heading = html_heading,
	.text = html_text,
	.warning = html_warning,
	.field = html_field,
	.blanks = html_blanks,
	.ask = html_ask,
	.list = html_list,
	.tick = html_tick,
	.code = html_code,
	.step = html_step,
	.step_end = html_step_end,
	.branch = html_branch,
	.branch_end = html_branch_end,
	.jump = html_jump,
	.table = html_table,
	.row = html_row,
	.table_end = html_table_end,
};
