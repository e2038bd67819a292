DROP TABLE `databases`;
