DROP TABLE outside_bookmarks;
