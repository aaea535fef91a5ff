-- all for MySQL
-- OFFLINE - no language model judged this schema; names and relations come from data and rules.
SET NAMES utf8mb4;

CREATE TABLE `order` (
  `a_boolean` boolean COMMENT 'the ''real'' thing\\',
  `a_integer` int COMMENT 'the ''real'' thing\\',
  `a_decimal` decimal(10,2) COMMENT 'the ''real'' thing\\',
  `a_float` double COMMENT 'the ''real'' thing\\',
  `a_date` date COMMENT 'the ''real'' thing\\',
  `a_timestamp` datetime(6) COMMENT 'the ''real'' thing\\',
  `a_timestamp_tz` datetime(6) COMMENT 'the ''real'' thing\\',
  `a_time` time(6) COMMENT 'the ''real'' thing\\',
  `a_uuid` char(36) COMMENT 'the ''real'' thing\\',
  `a_json` json COMMENT 'the ''real'' thing\\',
  `a_binary` longblob COMMENT 'the ''real'' thing\\',
  `a_text` varchar(64) COMMENT 'the ''real'' thing\\',
  `a_unknown` varchar(64) COMMENT 'the ''real'' thing\\',
  `select` int NOT NULL,
  `boss` int NOT NULL,
  `home` varchar(64) NOT NULL,
  `story` longtext NOT NULL,
  PRIMARY KEY (`select`),
  CONSTRAINT `fk_order_boss` FOREIGN KEY (`boss`) REFERENCES `order` (`select`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT 'it''s; DROP TABLE "order"; --\\';

CREATE INDEX `ix_order_boss` ON `order` (`boss`);

CREATE INDEX `ix_order_home` ON `order` (`home`);

CREATE TABLE `place` (
  `code` varchar(64) NOT NULL,
  `mayor` int NOT NULL,
  PRIMARY KEY (`code`),
  CONSTRAINT `uq_place_mayor_code` UNIQUE (`mayor`, `code`),
  CONSTRAINT `fk_place_mayor` FOREIGN KEY (`mayor`) REFERENCES `order` (`select`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `visit` (
  `mayor` int NOT NULL,
  `code` varchar(64) NOT NULL,
  CONSTRAINT `fk_visit_mayor_code` FOREIGN KEY (`mayor`, `code`) REFERENCES `place` (`mayor`, `code`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE INDEX `ix_visit_mayor_code` ON `visit` (`mayor`, `code`);

ALTER TABLE `order` ADD CONSTRAINT `fk_order_home` FOREIGN KEY (`home`) REFERENCES `place` (`code`);
