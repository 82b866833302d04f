"""Files of the page: HTML, styles and JavaScript modules, served unchanged."""
