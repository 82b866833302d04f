"""The messages that a flight's DataFlash log holds, with the names, columns and units of ArduPilot 4.6.

Events (sent when something happens) and samples (written together, several times a second). Columns for which the
vehicle has no figure are NaN, or 0 where the column holds whole numbers.
"""

from __future__ import annotations

from autopilot.interface.geo import ABOVE_GROUND, ABOVE_SEA
from autopilot.mav import Frame
from autopilot.vehicles.vehicle_class import VehicleClass
from sortie.logs.dataflash import MessageFormat, kind

# --- events -----------------------------------------------------------------------------------------------------------
PARM = kind(32, "PARM", "QNff", "TimeUS,Name,Value,Default", "s---", "F---")
MSG = kind(33, "MSG", "QZ", "TimeUS,Message", "s-", "F-")
MODE = kind(34, "MODE", "QMBB", "TimeUS,Mode,ModeNum,Rsn", "s---", "F---")
EV = kind(35, "EV", "QB", "TimeUS,Id", "s-", "F-")
ERR = kind(36, "ERR", "QBB", "TimeUS,Subsys,ECode", "s--", "F--")
ARM = kind(37, "ARM", "QBIBB", "TimeUS,ArmState,ArmChecks,Forced,Method", "s----", "F----")
CMD = kind(
    38, "CMD", "QHHHffffLLfB", "TimeUS,CTot,CNum,CId,Prm1,Prm2,Prm3,Prm4,Lat,Lng,Alt,Frame", "s-------DUm-",
    "F-------GG0-",
)  # fmt: skip
ORGN = kind(39, "ORGN", "QBLLe", "TimeUS,Type,Lat,Lng,Alt", "s#DUm", "F-GGB")
VER = kind(
    40, "VER", "QBHBBBBIZHBB", "TimeUS,BT,BST,Maj,Min,Pat,FWT,GH,FWS,APJ,BU,FV", "s-----------", "F-----------"
)  # fmt: skip
RALY = kind(41, "RALY", "QBBLLhB", "TimeUS,Tot,Seq,Lat,Lng,Alt,Flags", "s--DUm-", "F--GG0-")
"""In the logs of vehicles that have rally points."""
CAM = kind(
    91, "CAM", "QBHIHLLeeeccC", "TimeUS,I,Img,GPSTime,GPSWeek,Lat,Lng,Alt,RelAlt,GPSAlt,R,P,Y", "s#---DUmmmddd",
    "F----GGBBBBBB",
)  # fmt: skip
RFND = kind(92, "RFND", "QBfBBb", "TimeUS,Instance,Dist,Stat,Orient,Quality", "s#m--%", "F-0---")
PRX = kind(
    93, "PRX", "QBBfffffffffff", "TimeUS,Layer,He,D0,D45,D90,D135,D180,D225,D270,D315,DUp,CAn,CDis", "s#-mmmmmmmmmhm",
    "F--00000000000",
)  # fmt: skip
PRXR = kind(
    94, "PRXR", "QBffffffff", "TimeUS,Layer,D0,D45,D90,D135,D180,D225,D270,D315", "s#mmmmmmmm", "F-00000000"
)  # fmt: skip
PL = kind(
    95, "PL", "QBBfffffffIIB", "TimeUS,Heal,TAcq,pX,pY,vX,vY,mX,mY,mZ,LastMeasMS,EKFOutl,Est", "s--mmnnmmms--",
    "F--0000000C--",
)  # fmt: skip
"""Described where the first of them stands: most vehicles have none of these sensors."""
RALLY_FRAME_KNOWN = 4
RALLY_FRAME_SHIFT = 3
RALLY_FRAMES = {0: Frame.GLOBAL, 1: Frame.GLOBAL_RELATIVE_ALT, 3: Frame.GLOBAL_TERRAIN_ALT}
"""In RALY.Flags: what the altitude counts from (ArduPilot's Location::AltFrame)."""
EVENTS = (VER, PARM, MSG, MODE, EV, ERR, ARM, CMD, ORGN)


def rally_frame(frame: int) -> int:
    """The number of a MAV_FRAME in RALY.Flags."""
    return 0 if frame in ABOVE_SEA else 3 if frame in ABOVE_GROUND else 1


# --- samples ----------------------------------------------------------------------------------------------------------
ATT = kind(
    64, "ATT", "QffffffB", "TimeUS,DesRoll,Roll,DesPitch,Pitch,DesYaw,Yaw,AEKF", "sddddhh-", "F000000-"
)  # fmt: skip
RATE = kind(
    65, "RATE", "Qfffffffffffff", "TimeUS,RDes,R,ROut,PDes,P,POut,YDes,Y,YOut,ADes,A,AOut,AOutSlew", "skk-kk-kk-oo--",
    "F?????????BB--",
)  # fmt: skip
POS = kind(66, "POS", "QLLfff", "TimeUS,Lat,Lng,Alt,RelHomeAlt,RelOriginAlt", "sDUmmm", "FGG000")
GPS = kind(
    67, "GPS", "QBBIHBcLLeffffB", "TimeUS,I,Status,GMS,GWk,NSats,HDop,Lat,Lng,Alt,Spd,GCrs,VZ,Yaw,U",
    "s#-s-S-DUmnhnh-", "F--C-0BGGB000--",
)  # fmt: skip
BAT = kind(
    68, "BAT", "QBfffffcfBBB", "TimeUS,Inst,Volt,VoltR,Curr,CurrTot,EnrgTot,Temp,Res,RemPct,H,SH", "s#vvAaXOw%-%",
    "F-000C0?0000",
)  # fmt: skip
IMU = kind(
    69, "IMU", "QBffffffIIfBBHH", "TimeUS,I,GyrX,GyrY,GyrZ,AccX,AccY,AccZ,EG,EA,T,GH,AH,GHz,AHz", "s#EEEooo--O--zz",
    "F-000000-----00",
)  # fmt: skip
BARO = kind(
    70, "BARO", "QBfffcfIffB", "TimeUS,I,Alt,AltAMSL,Press,Temp,CRt,SMS,Offset,GndTemp,Health", "s#mmPOnsmO-",
    "F-000B0C?0-",
)  # fmt: skip
MAG = kind(
    71, "MAG", "QBhhhhhhhhhBI", "TimeUS,I,MagX,MagY,MagZ,OfsX,OfsY,OfsZ,MOX,MOY,MOZ,Health,S", "s#GGGGGGGGG-s",
    "F-CCCCCCCCC-F",
)  # fmt: skip
VIBE = kind(72, "VIBE", "QBfffI", "TimeUS,IMU,VibeX,VibeY,VibeZ,Clip", "s#ooo-", "F-000-")
RCOU = kind(
    73, "RCOU", "QHHHHHHHHHHHHHH", "TimeUS,C1,C2,C3,C4,C5,C6,C7,C8,C9,C10,C11,C12,C13,C14", "sYYYYYYYYYYYYYY",
    "F--------------",
)  # fmt: skip
XKF4 = kind(
    74, "XKF4", "QBcccccfffHBIHb", "TimeUS,C,SV,SP,SH,SM,SVT,errRP,OFN,OFE,FS,TS,SS,GPS,PI", "s#------mm-----",
    "F-------??-----",
)  # fmt: skip
CTUN = kind(
    75, "CTUN", "Qffffffefffhh", "TimeUS,ThI,ABst,ThO,ThH,DAlt,Alt,BAlt,DSAlt,SAlt,TAlt,DCRt,CRt", "s----mmmmmmnn",
    "F----00B000BB",
)  # fmt: skip
PSCN = kind(76, "PSCN", "Qfffffffff", "TimeUS,DPN,TPN,PN,DVN,TVN,VN,DAN,TAN,AN", "smmmnnnooo", "F000000000")
PSCE = kind(77, "PSCE", "Qfffffffff", "TimeUS,DPE,TPE,PE,DVE,TVE,VE,DAE,TAE,AE", "smmmnnnooo", "F000000000")
PSCD = kind(78, "PSCD", "Qfffffffff", "TimeUS,DPD,TPD,PD,DVD,TVD,VD,DAD,TAD,AD", "smmmnnnooo", "F000000000")
THR = kind(79, "THR", "Qhffff", "TimeUS,ThrIn,ThrOut,DesSpeed,Speed,AccX", "s--nno", "F--000")
STER = kind(
    80, "STER", "Qhfffff", "TimeUS,SteerIn,SteerOut,DesLatAcc,LatAcc,DesTurnRate,TurnRate", "s--ookk", "F--0000"
)  # fmt: skip
NTUN = kind(81, "NTUN", "QfffHf", "TimeUS,WpDist,WpBrg,DesYaw,Yaw,XTrack", "smhhhm", "F000B0")
RCIN = kind(
    82, "RCIN", "QHHHHHHHHHHHHHH", "TimeUS,C1,C2,C3,C4,C5,C6,C7,C8,C9,C10,C11,C12,C13,C14", "sYYYYYYYYYYYYYY",
    "F--------------",
)  # fmt: skip
GPA = kind(
    83, "GPA", "QBCCCCfBIHfHH", "TimeUS,I,VDop,HAcc,VAcc,SAcc,YAcc,VV,SMS,Delta,Und,RTCMFU,RTCMFD", "s#-mmnd-ssm--",
    "F-BBBB0-CC0--",
)  # fmt: skip
XKF1 = kind(
    84, "XKF1", "QBccCfffffffccce", "TimeUS,C,Roll,Pitch,Yaw,VN,VE,VD,dPD,PN,PE,PD,GX,GY,GZ,OH", "s#ddhnnnnmmmkkkm",
    "F-BBB0000000BBBB",
)  # fmt: skip
XKF2 = kind(
    85, "XKF2", "QBccccchhhhhhfff", "TimeUS,C,AX,AY,AZ,VWN,VWE,MN,ME,MD,MX,MY,MZ,IDX,IDY,IS", "s#---nnGGGGGGoor",
    "F----BBCCCCCC000",
)  # fmt: skip
SIM = kind(
    86, "SIM", "QccCfLLffff", "TimeUS,Roll,Pitch,Yaw,Alt,Lat,Lng,Q1,Q2,Q3,Q4", "sddhmDU----", "FBBB0GG0000"
)  # fmt: skip
# of wings
WING_CTUN = kind(
    87, "CTUN", "QccccffffBffi", "TimeUS,NavRoll,Roll,NavPitch,Pitch,ThO,RdO,ThD,As,AsT,SAs,E2T,GU", "sdddd---n-n-n",
    "FBBBB---000-B",
)  # fmt: skip
WING_NTUN = kind(
    88, "NTUN", "QfcccfffLLeee", "TimeUS,Dist,TBrg,NavBrg,AltE,XT,XTi,AsE,TLat,TLng,TAW,TAT,TAsp", "smddmmmnDUmmn",
    "F0BBB0B0GG000",
)  # fmt: skip
TECS = kind(
    89, "TECS", "QfffffffffffffB", "TimeUS,h,dh,hin,hdem,dhdem,spdem,sp,dsp,th,ph,pmin,pmax,dspdem,f",
    "smnmmnnnn------", "F00000000------",
)  # fmt: skip
ARSP = kind(
    90, "ARSP", "QBffcffBBffB", "TimeUS,I,Airspeed,DiffPress,Temp,RawPress,Offset,U,H,Hp,TR,Pri", "s#nPOPP-----",
    "F-00B00-----",
)  # fmt: skip

_BOTH = (ATT, RATE, POS, GPS, BAT, XKF1, XKF4)
_OF_A_KIND = {
    **{own.name: own for own in (CTUN, THR, NTUN, PSCN, PSCE, PSCD, STER, TECS, ARSP)},
    "WING_CTUN": WING_CTUN,
    "WING_NTUN": WING_NTUN,
}
"""By name; those of wings that other kinds have with other columns begin with WING_."""
_SENSED = (GPA, IMU, BARO, MAG, VIBE, RCIN, RCOU, XKF2, SIM)


def samples(vehicle: VehicleClass, *, simulated: bool) -> tuple[MessageFormat, ...]:
    """The samples of a kind of vehicle, in the order in which they are written. Of a real vehicle sensors, outputs
    and control are not known here."""
    own, controlled = (
        [_OF_A_KIND[name] for name in names] for names in (vehicle.own_samples, vehicle.simulated_samples)
    )
    more = (*controlled, *_SENSED) if simulated else ()
    return (*_BOTH, *own, *more)
