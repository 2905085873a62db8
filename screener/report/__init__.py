"""What people look at: tables, charts, the page, the workbook."""
