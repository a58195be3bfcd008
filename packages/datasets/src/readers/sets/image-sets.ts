import { combined } from '../combined.ts';
import { cuhk02 } from './cuhk02.ts';
import { cuhk03Np } from './cuhk03-np.ts';
import { cuhk03 } from './cuhk03.ts';
import { dukemtmcReid } from './dukemtmc-reid.ts';
import { grid } from './grid.ts';
import { ilids } from './ilids.ts';
import { last } from './last.ts';
import { llcm } from './llcm.ts';
import { ltcc } from './ltcc.ts';
import { marketStyle } from './market-style.ts';
import { market1501 } from './market1501.ts';
import { mars } from './mars.ts';
import { msmt17Market } from './msmt17-market.ts';
import { msmt17 } from './msmt17.ts';
import { occludedDuke } from './occluded-duke.ts';
import { occludedReid } from './occluded-reid.ts';
import { pDukemtmc } from './p-dukemtmc.ts';
import { pEthz } from './p-ethz.ts';
import { partialIlids } from './partial-ilids.ts';
import { partialReid } from './partial-reid.ts';
import { prcc } from './prcc.ts';
import { prid } from './prid.ts';
import { regdb } from './regdb.ts';
import { synthetic } from './synthetic.ts';
import { sysuMm01 } from './sysu-mm01.ts';
import { vcClothes } from './vc-clothes.ts';
import { viper } from './viper.ts';

/** Readers of data sets of crops and tracklets. */
export const imageSets = {
  'dataset/combined': combined,
  'dataset/cuhk02': cuhk02,
  'dataset/cuhk03': cuhk03,
  'dataset/cuhk03-np': cuhk03Np,
  'dataset/dukemtmc-reid': dukemtmcReid,
  'dataset/grid': grid,
  'dataset/ilids': ilids,
  'dataset/last': last,
  'dataset/llcm': llcm,
  'dataset/ltcc': ltcc,
  'dataset/market-style': marketStyle,
  'dataset/market1501': market1501,
  'dataset/mars': mars,
  'dataset/msmt17': msmt17,
  'dataset/msmt17-market': msmt17Market,
  'dataset/occluded-duke': occludedDuke,
  'dataset/occluded-reid': occludedReid,
  'dataset/p-dukemtmc': pDukemtmc,
  'dataset/p-ethz': pEthz,
  'dataset/partial-ilids': partialIlids,
  'dataset/partial-reid': partialReid,
  'dataset/prcc': prcc,
  'dataset/prid': prid,
  'dataset/regdb': regdb,
  'dataset/synthetic': synthetic,
  'dataset/sysu-mm01': sysuMm01,
  'dataset/vc-clothes': vcClothes,
  'dataset/viper': viper,
};
