"""The analyst's brief: rows in (`page`), one HTML, PDF, Markdown or JSON file out.

Names are imported from the modules of this package: `page.BriefPage`,
`render.to_html`, `render.to_markdown`, `render.to_json`, `render.to_pdf`.
"""
